//! `erlrel plan`: what would be built, and why.

use std::io::Write;
use std::path::{Path, PathBuf};

use erlrel_core::container::Plan;
use erlrel_core::fs::{self, FsError};
use erlrel_core::project::Origin;
use erlrel_core::release::{Maker, Prebuilt, PrebuiltApp, Release, ReleaseApp, StartType};
use erlrel_core::sizes::{self, Heading};
use erlrel_core::tree::{Node, Tree};
use serde_json::{Value, json};

use crate::args::PlanArgs;
use crate::content::{options_from, options_of, plan_from, plan_project, read_from};
use crate::error::CliError;
use crate::host::Host;
use crate::project;
use crate::report::{Report, bytes, printable};
use crate::resolved::Resolved;

pub(crate) fn run(args: &PlanArgs, report: &Report) -> Result<(), CliError> {
    let host = Host::new(&args.content.host, report)?;
    let (summary, plan) = host.telling(|| decide(args, &host, report))?;
    if let Some(file) = &args.html {
        draw(&summary, &plan, file)?;
    }
    print(&summary, &plan, args.json, report)
}

/// Writes the page that shows what takes the space.
fn draw(summary: &Summary, plan: &Plan, file: &Path) -> Result<(), CliError> {
    let heading = Heading { title: summary.release.clone(), about: vec![summary.erlang.clone(), base(plan)] };
    let page = sizes::page(&heading, &sizes::measure(&plan.layers)?);
    Ok(fs::write_aside(file, |writer| {
        writer.write_all(page.as_bytes()).map_err(FsError::while_doing("write", file))
    })?)
}

fn base(plan: &Plan) -> String {
    let base = plan.base.as_ref();
    base.map_or("on scratch: this is all there is".into(), |base| {
        format!("on {}, whose own files are not counted", base.path().display())
    })
}

fn decide(args: &PlanArgs, host: &Host<'_>, report: &Report) -> Result<(Summary, Plan), CliError> {
    Ok(match &args.content.from {
        Some(path) => {
            let release = read_from(path)?;
            let options = options_from(&args.project, &args.content, report)?;
            let plan = plan_from(&release, &options, host, report)?;
            (Summary::of_prebuilt(&release), plan)
        }
        None => {
            let project = project::open(&args.project, &["release", "tar"])?;
            let resolved = Resolved::of(project, &args.project, &args.select, host.cache.as_ref(), report)?;
            let options = options_of(&resolved, &args.content)?;
            let plan = plan_project(&resolved, &options, &args.content, host, report)?;
            (Summary::of_project(&resolved.release), plan)
        }
    })
}

fn print(summary: &Summary, plan: &Plan, json: bool, report: &Report) -> Result<(), CliError> {
    if json {
        report.result(format!("{:#}", as_json(summary, plan)?))
    } else {
        report.result(as_text(summary, plan)?)
    }
}

/// What there is to tell of a release, whoever has assembled it.
struct Summary {
    release: String,
    erlang: String,
    apps: Vec<Row>,
    /// What `release` and `erlang` say, for machines.
    json: (Value, Value),
}

/// An application.
struct Row {
    name: String,
    vsn: String,
    origin: Origin,
    start: StartType,
    /// Where it is, if it lies in a directory of its own.
    dir: Option<PathBuf>,
}

impl Summary {
    fn of_project(release: &Release) -> Self {
        let Release { otp, spec, apps, project, .. } = release;
        let profiles =
            if project.profiles.is_empty() { "default".into() } else { project.profiles.join("+") };
        let row = |app: &ReleaseApp| Row {
            name: app.app.name.clone(),
            vsn: app.app.vsn.clone(),
            origin: app.origin,
            start: app.start_type(),
            dir: Some(app.app.dir.clone()),
        };
        Self {
            release: format!("{} {} (profile {profiles})", spec.name, spec.vsn),
            erlang: format!("OTP {}, ERTS {}, {}", otp.version, otp.erts_vsn, otp.platform),
            apps: apps.iter().map(row).collect(),
            json: (
                json!({ "name": spec.name, "version": spec.vsn, "profiles": project.profiles }),
                json!({ "version": otp.version, "erts": otp.erts_vsn, "root": otp.root, "platform": otp.platform.to_string() }),
            ),
        }
    }

    fn of_prebuilt(release: &Prebuilt) -> Self {
        let maker = match release.maker {
            Maker::Relx | Maker::RelxShort => "relx",
            Maker::Mix => "mix",
            _ => "unknown",
        };
        let row = |app: &PrebuiltApp| Row {
            name: app.name.clone(),
            vsn: app.vsn.clone(),
            origin: app.origin,
            start: app.start,
            dir: None,
        };
        let Prebuilt { name, vsn, path, erts_vsn, .. } = release;
        let platform = release.platform.as_ref().map(ToString::to_string);
        Self {
            release: format!("{name} {vsn} (from {}, made by {maker})", path.display()),
            erlang: format!("ERTS {erts_vsn}, {}", platform.as_deref().unwrap_or("which the base image has")),
            apps: release.apps.iter().map(row).collect(),
            json: (
                json!({ "name": name, "version": vsn, "from": path, "maker": maker }),
                json!({ "erts": erts_vsn, "platform": platform }),
            ),
        }
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

fn origin(row: &Row) -> &'static str {
    match row.origin {
        Origin::Project => "project",
        Origin::Dependency => "dependency",
        Origin::Checkout => "checkout",
        Origin::Otp => "otp",
    }
}

fn as_text(summary: &Summary, plan: &Plan) -> Result<String, CliError> {
    let mut lines = vec![
        format!("release    {}", summary.release),
        format!("erlang     {}", summary.erlang),
        format!(
            "base       {}",
            plan.base.as_ref().map_or("scratch".into(), |base| base.path().display().to_string())
        ),
        String::new(),
        format!("{:<28} {:<20} {:<11} {}", "application", "version", "origin", "start"),
    ];
    lines.extend(
        summary
            .apps
            .iter()
            .map(|row| format!("{:<28} {:<20} {:<11} {}", row.name, row.vsn, origin(row), row.start)),
    );
    lines.extend([String::new(), format!("{:<28} {:>8} {:>12}", "layer", "entries", "unpacked")]);
    for layer in &plan.layers {
        lines.push(format!(
            "{:<28} {:>8} {:>12}",
            layer.name,
            layer.tree.len(),
            bytes(unpacked(&layer.tree)?)
        ));
    }
    Ok(lines.iter().map(|line| printable(line)).collect::<Vec<_>>().join("\n"))
}

fn as_json(summary: &Summary, plan: &Plan) -> Result<Value, CliError> {
    let apps = summary.apps.iter().map(|row| {
        json!({
            "name": row.name,
            "version": row.vsn,
            "origin": origin(row),
            "start": row.start.to_string(),
            "dir": row.dir,
        })
    });
    let mut layers = Vec::new();
    for layer in &plan.layers {
        let unpacked = unpacked(&layer.tree)?;
        layers.push(json!({ "group": layer.name, "entries": layer.tree.len(), "unpacked_size": unpacked }));
    }
    Ok(json!({
        "release": summary.json.0,
        "otp": summary.json.1,
        "base": plan.base.as_ref().map(|base| base.digest().to_string()),
        "applications": apps.collect::<Vec<_>>(),
        "layers": layers,
    }))
}
