//! relx's options, each with how often it is generated and how.

use super::config::Maker;
use super::overlay;
use super::project::{atom, atoms};

/// Generates one option.
type Make = fn(&mut Maker<'_>) -> String;

/// Name, how often in a thousand projects, how.
pub(super) const OPTIONS: [(&str, usize, Make); 50] = [
    ("mode", 400, mode),
    ("mode wrong", 3, |m| wrong(m, "mode", &["fast", "\"prod\"", "1"])),
    ("dev_mode", 120, dev_mode),
    ("dev_mode wrong", 5, |m| wrong(m, "dev_mode", &["yes", "1"])),
    ("include_erts", 280, |m| pick(m, "include_erts", &["true", "false", "false"])),
    ("include_erts path", 50, |m| {
        pick(m, "include_erts", &["\"erl/otp\"", "\"erl/otp2\"", "\"./erl/otp2\""])
    }),
    ("include_erts wrong", 4, |m| wrong(m, "include_erts", &["yes", "\"nowhere\"", "1", "<<\"erl/otp\">>"])),
    ("include_src", 250, |m| pick(m, "include_src", &["true", "false"])),
    ("include_src wrong", 5, |m| wrong(m, "include_src", &["yes", "[]"])),
    ("src_tests", 60, |m| pick(m, "src_tests", &["true", "false"])),
    ("debug_info", 250, |m| pick(m, "debug_info", &["strip", "keep"])),
    ("debug_info wrong", 5, |m| wrong(m, "debug_info", &["no", "true"])),
    ("system_libs", 120, |m| pick(m, "system_libs", &["true", "false"])),
    ("system_libs path", 50, |m| pick(m, "system_libs", &["\"erl/otp/lib\"", "\"erl/otp2/lib\""])),
    ("system_libs wrong", 4, |m| wrong(m, "system_libs", &["\"nowhere\"", "1", "<<\"erl/otp/lib\">>"])),
    ("sys_config", 200, |m| {
        let paths = ["\"other/app.config\"", "\"./other/app.config\"", "<<\"other/app.config\">>"];
        pick(m, "sys_config", &[paths[0], paths[1], "false", "undefined", paths[2]])
    }),
    ("sys_config wrong", 5, |m| {
        wrong(m, "sys_config", &["\"absent.config\"", "\"other/broken.config\"", "true", "1"])
    }),
    ("sys_config_src", 100, |m| {
        let paths = ["\"other/app.config.src\"", "<<\"other/app.config.src\">>"];
        pick(m, "sys_config_src", &[paths[0], "false", "undefined", paths[1]])
    }),
    ("sys_config_src wrong", 3, |m| wrong(m, "sys_config_src", &["\"absent.src\"", "1"])),
    ("vm_args", 200, |m| {
        pick(m, "vm_args", &["\"other/vm.args\"", "false", "undefined", "<<\"other/vm.args\">>"])
    }),
    ("vm_args wrong", 3, |m| wrong(m, "vm_args", &["\"absent.args\"", "1"])),
    ("vm_args_src", 100, |m| {
        let paths = ["\"other/vm.args.src\"", "<<\"other/vm.args.src\">>"];
        pick(m, "vm_args_src", &[paths[0], "undefined", paths[1]])
    }),
    ("vm_args_src wrong", 3, |m| wrong(m, "vm_args_src", &["\"absent.src\"", "false"])),
    ("overlay", 400, overlay::option),
    ("overlay_vars", 130, |m| pick(m, "overlay_vars", &["\"other/vars.config\"", "\"absent\""])),
    ("overlay_vars on the spot", 15, |m| {
        pick(m, "overlay_vars", &["[{colour, \"blue\"}]", "[\"other/vars.config\", {size, \"4\"}]"])
    }),
    ("overlay_vars_values", 50, |m| pick(m, "overlay_vars_values", &["[{colour, \"green\"}]", "[]"])),
    ("exclude_apps", 100, exclude_apps),
    ("exclude_modules", 100, exclude_modules),
    ("generate_start_script", 80, |m| pick(m, "generate_start_script", &["true", "false"])),
    ("extended_start_script", 120, |m| pick(m, "extended_start_script", &["true", "false"])),
    ("extended_start_script wrong", 3, |m| wrong(m, "extended_start_script", &["yes", "1"])),
    ("hooks", 120, |m| pick(m, "extended_start_script_hooks", &HOOKS)),
    ("hooks wrong", 8, |m| wrong(m, "extended_start_script_hooks", &WRONG_HOOKS)),
    ("extensions", 80, |m| {
        let two = "[{foo, \"ext/foo\"}, {'b-ar', \"ext/bar\"}]";
        pick(m, "extended_start_script_extensions", &["[{foo, \"ext/foo\"}]", two, "[]"])
    }),
    ("extensions wrong", 5, |m| {
        wrong(m, "extended_start_script_extensions", &["[{foo, undefined}]", "[foo]", "[{\"foo\", \"x\"}]"])
    }),
    ("include_start_scripts_for", 60, |m| {
        let lists = ["[unix]", "[]", "[unix, win32, powershell]", "[powershell]", "[win32, unix]"];
        pick(m, "include_start_scripts_for", &lists)
    }),
    ("include_start_scripts_for wrong", 5, |m| wrong(m, "include_start_scripts_for", &["unix", "[plan9]"])),
    ("include_nodetool", 50, |m| pick(m, "include_nodetool", &["true", "false"])),
    ("lib_dirs", 120, |m| {
        let lists = ["[\"extra\"]", "[\"ex*\"]", "[\"absent\"]", "[]", "[\"erl/otp2/lib\", \"extra\"]"];
        pick(m, "lib_dirs", &lists)
    }),
    ("lib_dirs of binaries", 10, |m| pick(m, "lib_dirs", &["[<<\"extra\">>]"])),
    ("output_dir", 40, |m| {
        directory(m, "output_dir", &["\"out\"", "\"out/deep\"", "\"./out\"", "\"out/../out\"", "<<\"out\">>"])
    }),
    ("root_dir", 80, |m| directory(m, "root_dir", &["\".\"", "\"sub\"", "\"./sub\"", "<<\"sub\">>"])),
    ("warnings_as_errors", 30, |m| pick(m, "warnings_as_errors", &["true", "true", "false"])),
    ("exref", 40, |m| pick(m, "exref", &["true", "false", "[kernel]"])),
    ("check_for_undefined_functions", 60, |m| pick(m, "check_for_undefined_functions", &["true", "false"])),
    ("without meaning", 60, |m| m.random.pick(&WITHOUT_MEANING).into()),
    ("no tuple", 3, |m| m.random.pick(&["1", "\"text\"", "[]", "{}"]).into()),
    ("atom", 10, |m| m.random.pick(&["warnings_as_errors", "include_src"]).into()),
    ("twice", 40, |m| m.random.pick(&["{include_src, true}, {include_src, false}", "{mode, prod}"]).into()),
];

const HOOKS: [&str; 8] = [
    "[{pre_start, [{custom, \"hooks/x\"}]}, {post_start, [pid, wait_for_vm_start]}]",
    "[{post_start, [{pid, \"/tmp/x.pid\"}, {wait_for_process, shop}]}, {status, [builtin_status]}]",
    "[{pre_stop, [{custom, \"hooks/x\"}, {custom, \"hooks/y\"}]}, {post_stop, [{custom, \"hooks/y\"}]}]",
    "[{pre_install_upgrade, [{custom, \"hooks/x\"}]}, {post_install_upgrade, [{custom, \"hooks/x\"}]}]",
    "[{pre_start, [pid]}, {post_stop, [wait_for_vm_start]}]",
    "[{status, [pid, {custom, \"hooks/x\"}]}]",
    "[{post_start, []}]",
    "[]",
];

const WRONG_HOOKS: [&str; 5] = [
    "[{before, [pid]}]",
    "[{before, [{custom, \"hooks/x\"}]}]",
    "[{pre_start, [unknown]}]",
    "[{status, [unknown]}]",
    "[pid]",
];

const WITHOUT_MEANING: [&str; 9] = [
    "{colour, red}",
    "verbose",
    "{a, b, c}",
    "{default_release, shop}",
    "{paths, []}",
    "{\"text\", 1}",
    "{overrides, []}",
    "{upfrom, \"1\"}",
    "{vm_args, x, y}",
];

fn pick(maker: &mut Maker<'_>, key: &str, values: &[&str]) -> String {
    format!("{{{key}, {}}}", maker.random.pick(values))
}

fn directory(maker: &mut Maker<'_>, key: &str, values: &[&str]) -> String {
    let option = pick(maker, key, values);
    if option.contains("<<") {
        maker.project.traits.insert("a version or a directory as a binary".into());
    }
    option
}

/// A value that the option cannot have, remembered.
fn wrong(maker: &mut Maker<'_>, key: &str, values: &[&str]) -> String {
    let value = maker.random.pick(values);
    let option = format!("{{{key}, {value}}}");
    maker.project.wrong.push(option.clone());
    option
}

fn names(maker: &mut Maker<'_>) -> Vec<String> {
    let mut names: Vec<String> = maker.apps.iter().map(|app| app.name.clone()).collect();
    names.extend(["mnesia", "wx", "sasl", "ghost"].map(String::from));
    names
}

/// Links and exclusions do not go together: relx would write into the applications themselves, and into the
/// Erlang installation.
fn mode(maker: &mut Maker<'_>) -> String {
    if maker.project.has("exclusion") {
        return pick(maker, "mode", &["prod", "minimal"]);
    }
    let option = pick(maker, "mode", &["dev", "prod", "prod", "minimal", "minimal"]);
    if option.contains("dev") {
        maker.project.traits.insert("links".into());
    }
    option
}

fn dev_mode(maker: &mut Maker<'_>) -> String {
    if maker.project.has("exclusion") {
        return "{dev_mode, false}".into();
    }
    let option = pick(maker, "dev_mode", &["true", "false", "false"]);
    if option.contains("true") {
        maker.project.traits.insert("links".into());
    }
    option
}

fn exclusion(maker: &mut Maker<'_>, option: &str, list: &str) -> String {
    if maker.project.has("links") {
        return format!("{{{option}, []}}");
    }
    maker.project.traits.insert("exclusion".into());
    format!("{{{option}, {list}}}")
}

fn exclude_apps(maker: &mut Maker<'_>) -> String {
    let names = names(maker);
    let excluded = maker.random.some(&names, 20);
    if !maker.project.has("links") {
        maker.project.excluded.extend(excluded.iter().cloned());
    }
    let list = atoms(&excluded);
    exclusion(maker, "exclude_apps", &list)
}

fn exclude_modules(maker: &mut Maker<'_>) -> String {
    let apps: Vec<String> = maker
        .apps
        .iter()
        .map(|app| format!("{{{}, {}}}", atom(&app.name), atoms(&app.modules[..app.modules.len().min(1)])))
        .collect();
    let list = format!("[{}]", maker.random.some(&apps, 50).join(", "));
    exclusion(maker, "exclude_modules", &list)
}
