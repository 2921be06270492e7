//! `erlrel plan --html`: the page that draws what takes the space, in a real browser.

use std::net::TcpListener;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::shop::Shop;
use crate::support::{erlrel, run, sample, temp_dir, tool};

/// What the page looks like when its scripts have run.
struct Shown {
    dom: String,
    /// What its scripts and the browser had to complain of.
    console: Vec<String>,
}

/// Looks at every label and every colour once the page is drawn, from inside of it.
const PROBE: &str = concat!("<script>", include_str!("size_page/probe.js"), "</script></body>");

fn show(page: &Path, scheme: u8, part: &str) -> Shown {
    let profile = temp_dir();
    let text = std::fs::read_to_string(page).expect("a page");
    assert_eq!(text.matches("</body>").count(), 1);
    let probed = profile.path().join("page.html");
    std::fs::write(&probed, text.replace("</body>", PROBE)).expect("written");
    let output = tool("chromium", "chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"])
        .args(["--window-size=1280,1000", "--virtual-time-budget=5000", "--enable-logging=stderr"])
        .arg(format!("--user-data-dir={}", profile.path().join("profile").display()))
        .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
        .arg("--dump-dom")
        .arg(format!("file://{}#{part}", probed.display()))
        .output()
        .expect("chromium starts");
    Shown::of(&output)
}

impl Shown {
    fn of(output: &Output) -> Self {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        let console = said.lines().filter(|line| line.contains("CONSOLE")).map(String::from).collect();
        Self { dom: String::from_utf8_lossy(&output.stdout).into_owned(), console }
    }

    /// The value of a `data-` attribute, which only one element has.
    fn data(&self, name: &str) -> &str {
        let start = format!("data-{name}=\"");
        let (_, rest) = self.dom.split_once(&start).unwrap_or_else(|| panic!("no {start} in {}", self.dom));
        rest.split_once('"').expect("an end").0
    }

    fn number(&self, name: &str) -> f64 {
        self.data(name).parse().expect("a number")
    }
}

#[test]
fn the_page_shows_the_totals_of_the_plan_in_light_and_in_dark() {
    let sample = sample::umbrella();
    let temp = temp_dir();
    let page = temp.path().join("plan.html");
    let plan = run(erlrel().args(["plan", "--json", "--html"]).arg(&page).arg(&sample.dir));
    let plan: Value = serde_json::from_str(&plan).expect("JSON");
    let layers = plan["layers"].as_array().expect("a list");
    let total: u64 = layers.iter().filter_map(|layer| layer["unpacked_size"].as_u64()).sum();
    // 0 is dark, 1 is light.
    for (scheme, is_light) in [(1, true), (0, false)] {
        let shown = show(&page, scheme, "");
        assert_eq!(shown.console, Vec::<String>::new());
        assert_eq!((shown.data("total"), shown.data("tops")), (&*total.to_string(), &*total.to_string()));
        assert_eq!(shown.number("light") > 0.5, is_light);
        assert!(shown.number("contrast") >= 4.5, "{}", shown.data("contrast"));
        assert_eq!((shown.data("outside"), shown.data("keyboard")), ("0", "true"));
        assert!(shown.number("areas") < 0.05, "{}", shown.data("areas"));
        assert!(shown.data("said").contains(" % of the image"), "{}", shown.data("said"));
        assert_ne!(shown.data("zoomed"), "image");
        assert_eq!(shown.data("back"), "image");
        for app in ["beacon_store", "waypost", "kernel-", "native libraries", "total"] {
            assert!(shown.dom.contains(app), "{app}");
        }
    }
    let inside = show(&page, 1, "project/beacon_storage");
    assert_eq!((inside.data("start"), inside.data("back")), ("beacon_storage", "project"));
    assert!(inside.number("tops") > 0.0 && inside.number("tops") < total as f64);
}

#[test]
fn what_files_are_called_is_text_and_nothing_leaves_the_page() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("set");
    let port = listener.local_addr().expect("an address").port();
    // No slash can be in a name.
    let image = format!("<img src=x onerror=\"new Image().src='http:127.0.0.1:{port}'\">");
    let shop = Shop::with("start", "#!/bin/sh\n");
    shop.write(&format!("_build/prod/lib/shop/priv/{image}"), "x".repeat(3_000_000));
    shop.write("_build/prod/lib/shop/priv/<script>alert(1)<script>", "x".repeat(2_000_000));
    run(&mut shop.erlrel("plan --boot-program start --html page.html"));
    let page = std::fs::read_to_string(shop.path("page.html")).expect("a page");
    assert!(!page.contains("<img") && !page.contains("<script>alert"));
    for part in ["", "project/shop"] {
        let shown = show(&shop.path("page.html"), 1, part);
        assert_eq!(shown.console, Vec::<String>::new());
        assert!(shown.dom.contains("&lt;img src=x"), "{}", shown.dom);
        assert!(!shown.dom.contains("<img"), "{}", shown.dom);
    }
    let asked = listener.accept().map(drop).map_err(|error| error.kind());
    assert_eq!(asked, Err(std::io::ErrorKind::WouldBlock));
}
