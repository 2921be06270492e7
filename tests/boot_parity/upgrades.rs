//! Versions that come and go while the node runs: what relx's script says for each step, and what erlrel-boot does.

use super::installed::Starter;
use super::live::{Answer, Twins};
use crate::start_script::project::built;

/// Each on what the ones before have left.
const STEPS: [&[&str]; 27] = [
    &["versions"],
    &["unpack", "0.1.1"],
    &["versions"],
    &["unpack", "0.1.1"],
    &["install", "0.1.1", "--no-permanent"],
    &["versions"],
    &["rpc", "depot", "vsn"],
    &["install", "0.1.1", "--no-permanent"],
    &["uninstall", "0.1.1"],
    &["uninstall", "0.1.0"],
    &["install", "0.1.1"],
    &["versions"],
    &["upgrade", "0.1.1"],
    &["unpack", "0.1.0"],
    &["downgrade", "0.1.0", "--no-permanent"],
    &["rpc", "depot", "vsn"],
    &["versions"],
    &["downgrade", "0.1.0"],
    &["versions"],
    &["upgrade", "0.1.1"],
    &["versions"],
    &["downgrade", "0.1.0"],
    &["uninstall", "0.1.1"],
    &["versions"],
    &["uninstall", "0.1.1"],
    &["unpack", "0.1.2"],
    &["ping"],
];

/// 0.1.2 is no package.
fn answers(starter: Starter) -> Vec<Answer> {
    let node = Twins::upgradable(starter);
    let releases = node.of(starter).root.join("releases");
    std::fs::copy(&built().tarballs[1], releases.join("depot-0.1.1.tar.gz")).expect("copied");
    std::fs::write(releases.join("depot-0.1.2.tar.gz"), "no tarball").expect("written");
    STEPS.iter().map(|words| node.answer(starter, (&[], words))).collect()
}

#[test]
fn each_step_of_an_upgrade_is_answered_as_by_relx_s_script() {
    let [relx, boot] = [Starter::Relx, Starter::Boot].map(answers);
    for ((words, relx), boot) in STEPS.iter().zip(relx).zip(boot) {
        assert_eq!(boot, relx, "erlrel-boot has the left, relx's script the right, for {words:?}");
    }
}
