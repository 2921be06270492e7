//! relx's options, each with how often it is generated and how.

use super::config::Maker;
use super::overlay;
use super::project::atoms;

/// Generates one option.
type Make = fn(&mut Maker<'_>) -> String;

/// Dimensions that are not generated, because erlrel does not have them yet.
pub(super) const OFF: [&str; 4] = [
    "extended_start_script",
    "extended_start_script_extensions",
    "extended_start_script_hooks",
    "include_start_scripts_for",
];

/// Name, how often in a hundred projects, how.
pub(super) const OPTIONS: [(&str, usize, Make); 37] = [
    ("mode", 40, mode),
    ("mode wrong", 1, |m| pick(m, "mode", &["fast", "\"prod\"", "1"])),
    ("dev_mode", 12, dev_mode),
    ("dev_mode wrong", 1, |m| pick(m, "dev_mode", &["yes", "1"])),
    ("include_erts", 30, |m| pick(m, "include_erts", &["true", "false", "false"])),
    ("include_erts wrong", 1, |m| pick(m, "include_erts", &["yes", "\"nowhere\"", "1"])),
    ("include_src", 25, |m| pick(m, "include_src", &["true", "false"])),
    ("include_src wrong", 1, |m| pick(m, "include_src", &["yes", "[]"])),
    ("debug_info", 25, |m| pick(m, "debug_info", &["strip", "keep"])),
    ("debug_info wrong", 1, |m| pick(m, "debug_info", &["no", "true"])),
    ("system_libs", 15, |m| pick(m, "system_libs", &["true", "false"])),
    ("system_libs wrong", 1, |m| pick(m, "system_libs", &["\"nowhere\"", "1"])),
    ("sys_config", 20, |m| {
        pick(
            m,
            "sys_config",
            &["\"other/app.config\"", "\"./other/app.config\"", "false", "undefined", "\"other/app.config\""],
        )
    }),
    ("sys_config wrong", 2, |m| {
        pick(m, "sys_config", &["\"absent.config\"", "\"other/broken.config\"", "true", "1"])
    }),
    ("sys_config_src", 10, |m| {
        pick(m, "sys_config_src", &["\"other/app.config.src\"", "false", "undefined"])
    }),
    ("sys_config_src wrong", 1, |m| pick(m, "sys_config_src", &["\"absent.src\"", "1"])),
    ("vm_args", 20, |m| {
        pick(m, "vm_args", &["\"other/vm.args\"", "false", "undefined", "\"other/vm.args\""])
    }),
    ("vm_args wrong", 1, |m| pick(m, "vm_args", &["\"absent.args\"", "1"])),
    ("vm_args_src", 10, |m| pick(m, "vm_args_src", &["\"other/vm.args.src\"", "undefined"])),
    ("vm_args_src wrong", 1, |m| pick(m, "vm_args_src", &["\"absent.src\"", "false"])),
    ("overlay", 40, overlay::option),
    ("overlay_vars", 15, |m| {
        pick(
            m,
            "overlay_vars",
            &[
                "\"other/vars.config\"",
                "[{colour, \"blue\"}]",
                "[\"other/vars.config\", {size, \"4\"}]",
                "\"absent\"",
            ],
        )
    }),
    ("overlay_vars_values", 5, |m| pick(m, "overlay_vars_values", &["[{colour, \"green\"}]", "[]"])),
    ("exclude_apps", 10, exclude_apps),
    ("exclude_modules", 10, exclude_modules),
    ("generate_start_script", 10, |m| pick(m, "generate_start_script", &["true", "false"])),
    ("extended_start_script", 15, |m| pick(m, "extended_start_script", &["true", "false"])),
    ("extended_start_script_hooks", 5, |m| {
        pick(
            m,
            "extended_start_script_hooks",
            &["[{pre_start, [{custom, \"hooks/x\"}]}, {post_start, [pid, wait_for_vm_start]}]", "[]"],
        )
    }),
    ("extended_start_script_extensions", 5, |m| {
        pick(m, "extended_start_script_extensions", &["[{foo, \"ext/foo\"}]", "[]"])
    }),
    ("include_start_scripts_for", 5, |m| {
        pick(m, "include_start_scripts_for", &["[unix]", "[]", "[unix, win32, powershell]"])
    }),
    ("lib_dirs", 15, |m| pick(m, "lib_dirs", &["[\"extra\"]", "[\"ex*\"]", "[\"absent\"]", "[]"])),
    ("output_dir", 4, |m| pick(m, "output_dir", &["\"out\"", "\"out/deep\""])),
    ("warnings_as_errors", 4, |m| pick(m, "warnings_as_errors", &["true", "false"])),
    ("exref", 3, |m| pick(m, "exref", &["true", "false", "[kernel]"])),
    ("without effect", 15, |m| {
        let option = m.random.pick(&["src_tests", "include_nodetool", "check_for_undefined_functions"]);
        pick(m, option, &["true", "false"])
    }),
    ("without meaning", 8, |m| {
        m.random
            .pick(&[
                "{colour, red}",
                "verbose",
                "{a, b, c}",
                "{default_release, shop}",
                "{paths, []}",
                "{\"text\", 1}",
                "{overrides, []}",
                "{upfrom, \"1\"}",
                "{vm_args, x, y}",
            ])
            .into()
    }),
    ("no tuple", 1, |m| m.random.pick(&["1", "\"text\"", "[]", "{}"]).into()),
];

fn pick(maker: &mut Maker<'_>, key: &str, values: &[&str]) -> String {
    format!("{{{key}, {}}}", maker.random.pick(values))
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
    let list = atoms(&maker.random.some(&names, 20));
    exclusion(maker, "exclude_apps", &list)
}

fn exclude_modules(maker: &mut Maker<'_>) -> String {
    let apps: Vec<String> = maker
        .apps
        .iter()
        .map(|app| {
            format!(
                "{{{}, {}}}",
                super::project::atom(&app.name),
                atoms(&app.modules[..app.modules.len().min(1)])
            )
        })
        .collect();
    let list = format!("[{}]", maker.random.some(&apps, 50).join(", "));
    exclusion(maker, "exclude_modules", &list)
}
