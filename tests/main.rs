//! Whole-system tests: the real commands `erlrel` and `erlrel-boot` against the real rebar3, OTP, Docker
//! and image tools. A missing tool is a failure, never a skipped test.

mod support;

mod architecture;
