//! The schedulers of a VM that may use only a part of the machine.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;

use crate::config::vm_args::words;
use crate::environment::Environment;
use crate::erts::Erts;
use crate::vm::cgroup::{self, Quota};

/// What decides about the schedulers.
#[derive(Debug)]
pub(crate) struct Machine {
    quota: Option<Quota>,
    /// How many CPUs the process may run on.
    cpus: u64,
}

impl Machine {
    /// The control group and the CPUs of this process.
    pub(crate) fn of_process() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let other = |path: &std::path::Path| fs::read_to_string(path).ok();
        let quota = cgroup::quota(&read("/proc/self/cgroup"), &read("/proc/self/mountinfo"), &other);
        let cpus = rustix::thread::sched_getaffinity(None).map_or(u32::MAX, |set| set.count());
        Self { quota, cpus: cpus.into() }
    }
}

/// The variable that switches this off, with the value `ignore`.
const VARIABLE: &str = "ERLREL_CPU_QUOTA";

/// The flags for a VM under a CPU quota: as many schedulers as can run at once, which do not wait busily, since what
/// they burn while there is nothing to do would count. None against a flag of the same kind in `given` (the words of
/// `vm.args` and of the command line) or in a variable that the VM reads flags from.
pub(crate) fn flags(
    machine: &Machine,
    given: &[OsString],
    environment: &Environment,
    erts: &Erts,
) -> Vec<OsString> {
    let ignored = environment.get(VARIABLE).is_some_and(|value| value == "ignore");
    let Some(quota) = machine.quota.filter(|_| !ignored) else { return Vec::new() };
    let mut all = given.to_owned();
    all.extend(inherited(environment, erts));
    let is_given = |prefix: &str| all.iter().any(|word| word.as_bytes().starts_with(prefix.as_bytes()));
    let mut flags = Vec::new();
    if quota.cpus() < machine.cpus && !is_given("+S") {
        flags.extend(["+S".to_owned(), format!("{0}:{0}", quota.cpus())]);
    }
    if !is_given("+sbwt") {
        flags.extend(busy_wait(erts).iter().flat_map(|flag| [flag.to_string(), "none".into()]));
    }
    flags.into_iter().map(OsString::from).collect()
}

/// Dirty schedulers have a flag of their own since ERTS 10.
fn busy_wait(erts: &Erts) -> &'static [&'static str] {
    match erts.at_least(10, 0) {
        true => &["+sbwt", "+sbwtdcpu", "+sbwtdio"],
        false => &["+sbwt"],
    }
}

/// The flags that erlexec takes from variables.
fn inherited(environment: &Environment, erts: &Erts) -> Vec<OsString> {
    let major = erts.vsn.split('.').next().and_then(|major| major.parse::<u64>().ok());
    // ERTS 13 is that of OTP 25.
    let by_release = major.map(|major| format!("ERL_OTP{}_FLAGS", major + 12));
    let names = ["ERL_AFLAGS", "ERL_FLAGS", "ERL_ZFLAGS"].map(String::from).into_iter().chain(by_release);
    names.filter_map(|name| environment.get(name)).map(OsStr::as_bytes).flat_map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::{Machine, flags};
    use crate::environment::Environment;
    use crate::erts::Erts;
    use crate::vm::cgroup;
    use std::ffi::OsString;

    /// A machine of four CPUs, with the quota in `cpu.max`.
    fn machine(max: &str) -> Machine {
        let mount = "30 23 0:26 / /c rw - cgroup2 cgroup2 rw\n";
        let quota = cgroup::quota("0::/\n", mount, &|_| Some(max.into()));
        Machine { quota, cpus: 4 }
    }

    fn of<const N: usize>(max: &str, given: &[&str], variables: [(&str, &str); N]) -> String {
        let given: Vec<OsString> = given.iter().map(OsString::from).collect();
        let erts = Erts { dir: "/e".into(), vsn: "13.1.5".into() };
        let flags = flags(&machine(max), &given, &Environment::from(variables), &erts);
        flags.join(" ".as_ref()).into_string().unwrap()
    }

    const IDLE: &str = "+sbwt none +sbwtdcpu none +sbwtdio none";

    #[test]
    fn schedulers_follow_the_quota_and_sleep() {
        assert_eq!(of("150000 100000", &[], []), format!("+S 2:2 {IDLE}"));
        assert_eq!(of("50000 100000", &["-sname", "a"], []), format!("+S 1:1 {IDLE}"));
        assert_eq!(of("max 100000", &[], []), "");
    }

    #[test]
    fn a_quota_of_all_cpus_leaves_their_number_to_the_vm() {
        assert_eq!(of("400000 100000", &[], []), IDLE);
        assert_eq!(of("900000 100000", &[], []), IDLE);
    }

    #[test]
    fn what_is_given_is_not_touched() {
        for word in ["+S", "+S4:4", "+SP", "+SDcpu", "+SDio"] {
            assert_eq!(of("50000 100000", &[word, "4"], []), IDLE, "{word}");
        }
        for word in ["+sbwt", "+sbwtdcpu", "+sbwtdio"] {
            assert_eq!(of("50000 100000", &[word, "long"], []), "+S 1:1", "{word}");
        }
        for variable in ["ERL_AFLAGS", "ERL_FLAGS", "ERL_ZFLAGS", "ERL_OTP25_FLAGS"] {
            assert_eq!(of("50000 100000", &[], [(variable, "+S 2 '+sbwt' short")]), "", "{variable}");
        }
        assert_eq!(of("50000 100000", &[], [("ERL_OTP24_FLAGS", "+S 2")]), format!("+S 1:1 {IDLE}"));
        assert_eq!(of("50000 100000", &["+stbt", "db", "+K"], []), format!("+S 1:1 {IDLE}"));
    }

    #[test]
    fn it_can_be_switched_off() {
        assert_eq!(of("50000 100000", &[], [("ERLREL_CPU_QUOTA", "ignore")]), "");
        assert_eq!(of("50000 100000", &[], [("ERLREL_CPU_QUOTA", "")]), format!("+S 1:1 {IDLE}"));
    }

    #[test]
    fn old_runtimes_have_one_flag() {
        let erts = Erts { dir: "/e".into(), vsn: "9.3".into() };
        let flags = flags(&machine("100 100"), &[], &Environment::default(), &erts);
        assert_eq!(flags, ["+S", "1:1", "+sbwt", "none"]);
    }
}
