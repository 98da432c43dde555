//! The estimator, its probing and the pacer, over simulated lines: how fast they find what a line carries, how little they disturb it.

mod common;

use common::lesson::{LAYER_BPS, Lesson};
use common::link::Link;

#[test]
fn steady_700() {
    let mut l = Lesson::new(Link::new(700_000, 20_000, 1));
    l.run(40.0);
    l.print();
}
#[test]
fn steady_300() {
    let mut l = Lesson::new(Link::new(300_000, 20_000, 1));
    l.run(40.0);
    l.print();
}
#[test]
fn steady_3m() {
    let mut l = Lesson::new(Link::new(3_000_000, 20_000, 1));
    l.run(20.0);
    l.print();
    let _ = LAYER_BPS;
}
