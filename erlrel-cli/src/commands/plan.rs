//! `erlrel plan`: what would be built, and why.

use erlrel_core::container::Plan;
use erlrel_core::project::Origin;
use erlrel_core::release::ReleaseApp;
use erlrel_core::tree::{Node, Tree};
use serde_json::{Value, json};

use super::{CliError, Resolved, hooks};
use crate::args::PlanArgs;
use crate::report::{Report, bytes};

pub(crate) fn run(args: &PlanArgs, report: &Report) -> Result<(), CliError> {
    hooks::check(&args.project, &["release", "tar"], report)?;
    let resolved = Resolved::load(&args.project, &args.select, report)?;
    let (plan, _) = resolved.plan(&args.content, report)?;
    if args.json {
        report.result(format!("{:#}", as_json(&resolved, &plan)?))
    } else {
        report.result(as_text(&resolved, &plan)?)
    }
}

/// The bytes of a layer's files before compression, BEAM files as they will be packed.
fn unpacked(tree: &Tree) -> Result<u64, CliError> {
    let sizes = tree.iter().map(|(_, entry)| match &entry.node {
        Node::File(content) => content.read().map(|bytes| bytes.len() as u64),
        Node::Directory | Node::Symlink(_) => Ok(0),
    });
    Ok(sizes.sum::<Result<u64, _>>()?)
}

fn origin(app: &ReleaseApp) -> &'static str {
    match app.origin {
        Origin::Project => "project",
        Origin::Dependency => "dependency",
        Origin::Checkout => "checkout",
        Origin::Otp => "otp",
    }
}

fn as_text(resolved: &Resolved, plan: &Plan) -> Result<String, CliError> {
    let Resolved { otp, spec, resolution, project, .. } = resolved;
    let profiles = if project.profiles.is_empty() { "default".into() } else { project.profiles.join("+") };
    let mut lines = vec![
        format!("release    {} {} (profile {profiles})", spec.name, spec.vsn),
        format!("erlang     OTP {}, ERTS {}, {}", otp.version, otp.erts_vsn, otp.platform),
        format!(
            "base       {}",
            plan.base.as_ref().map_or("scratch".into(), |base| base.path().display().to_string())
        ),
        String::new(),
        format!("{:<28} {:<20} {:<11} {}", "application", "version", "origin", "start"),
    ];
    lines.extend(resolution.apps.iter().map(|app| {
        format!("{:<28} {:<20} {:<11} {}", app.app.name, app.app.vsn, origin(app), app.start_type())
    }));
    lines.extend([String::new(), format!("{:<28} {:>8} {:>12}", "layer", "entries", "unpacked")]);
    for layer in &plan.layers {
        lines.push(format!(
            "{:<28} {:>8} {:>12}",
            layer.name,
            layer.tree.len(),
            bytes(unpacked(&layer.tree)?)
        ));
    }
    Ok(lines.join("\n"))
}

fn as_json(resolved: &Resolved, plan: &Plan) -> Result<Value, CliError> {
    let Resolved { otp, spec, resolution, project, .. } = resolved;
    let apps = resolution.apps.iter().map(|app| {
        json!({
            "name": app.app.name,
            "version": app.app.vsn,
            "origin": origin(app),
            "start": app.start_type().to_string(),
            "dir": app.app.dir,
        })
    });
    let mut layers = Vec::new();
    for layer in &plan.layers {
        let unpacked = unpacked(&layer.tree)?;
        layers.push(json!({ "group": layer.name, "entries": layer.tree.len(), "unpacked_size": unpacked }));
    }
    Ok(json!({
        "release": { "name": spec.name, "version": spec.vsn, "profiles": project.profiles },
        "otp": { "version": otp.version, "erts": otp.erts_vsn, "root": otp.root, "platform": otp.platform.to_string() },
        "base": plan.base.as_ref().map(|base| base.digest().to_string()),
        "applications": apps.collect::<Vec<_>>(),
        "layers": layers,
    }))
}
