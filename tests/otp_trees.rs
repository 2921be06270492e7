//! Releases with other OTP releases than this machine's, each with the rebar3 and relx of its Debian suite.

use crate::relx_parity::{
    Pair, assert_same_boot_files, assert_same_contents, assert_same_modes, assert_same_paths, directory_pair,
    tarball_pair,
};
use crate::support::{sample, toolchain};
use crate::systools_parity::assert_same_as_systools;

#[test]
fn a_tarball_of_another_otp_is_the_one_that_its_relx_makes() {
    let pairs: Vec<Pair> = sample::all_by_others().iter().map(tarball_pair).collect();
    pairs.iter().for_each(assert_same_paths);
    pairs.iter().for_each(assert_same_boot_files);
    assert_same_contents(&pairs);
    assert_same_modes(&pairs);
}

#[test]
fn a_release_directory_of_another_otp_is_the_one_that_its_relx_makes() {
    let pairs: Vec<Pair> = sample::all_by_others().iter().map(directory_pair).collect();
    pairs.iter().for_each(assert_same_paths);
    assert_same_contents(&pairs);
    assert_same_modes(&pairs);
}

#[test]
fn generated_applications_get_the_boot_files_of_the_systools_of_another_otp() {
    toolchain::others().iter().for_each(|toolchain| assert_same_as_systools(toolchain));
}
