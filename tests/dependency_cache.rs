//! Dependencies that another machine has compiled: rebar3 must take them for its own, without a network.

mod checkout;
mod kinds;
mod registry;
mod trust;
mod umbrella;
