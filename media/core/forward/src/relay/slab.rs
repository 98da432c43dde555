//! A vector with holes: stable indices for things that point at each other.

/// Values at stable indices.
pub struct Slab<T> {
    places: Vec<Option<T>>,
    free: Vec<usize>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// Keep a value; its index.
    pub fn insert(&mut self, value: T) -> usize {
        if let Some(at) = self.free.pop() {
            self.places[at] = Some(value);
            return at;
        }
        self.places.push(Some(value));
        self.places.len() - 1
    }

    /// Take a value out; its index may be used again.
    pub fn remove(&mut self, at: usize) -> Option<T> {
        let value = self.places.get_mut(at)?.take();
        if value.is_some() {
            self.free.push(at);
        }
        value
    }

    /// The value at an index.
    pub fn get(&self, at: usize) -> Option<&T> {
        self.places.get(at)?.as_ref()
    }

    /// The value at an index.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        self.places.get_mut(at)?.as_mut()
    }

    /// All values with their indices.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.places.iter().enumerate().filter_map(|(i, p)| p.as_ref().map(|v| (i, v)))
    }

    /// All values with their indices.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (usize, &mut T)> {
        self.places.iter_mut().enumerate().filter_map(|(i, p)| p.as_mut().map(|v| (i, v)))
    }

    /// One past the highest index.
    pub fn end(&self) -> usize {
        self.places.len()
    }
}
