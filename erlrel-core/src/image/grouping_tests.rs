use super::*;

fn group_of(kind: &str, name: &str) -> Group {
    if kind == "dependency" { Group::Dependency(name.into()) } else { Group::Project(name.into()) }
}

/// A tree with applications of so many modules each.
fn tree(apps: &[(&str, &str, usize)]) -> Tree {
    let file = |path: String, group| (TreePath::new(path).expect("a path"), Entry::file("x", 0o644, group));
    let modules = apps.iter().flat_map(|(kind, name, modules)| {
        (0..*modules).map(move |n| file(format!("lib/{name}/ebin/m{n}.beam"), group_of(kind, name)))
    });
    modules.collect()
}

/// The layers of applications, and what is in them.
fn layers(tree: &Tree, budget: (usize, usize), moving: &[&str], room: usize) -> Vec<String> {
    let moving = moving.iter().map(ToString::to_string).collect();
    let budget = LayerBudget { dependencies: budget.0, project: budget.1 };
    let grouping = Grouping::of(tree, &GroupingOptions { budget, moving: Some(&moving), room });
    let members = |place: usize| {
        let groups = grouping.places.iter().filter(|(_, there)| **there == place);
        let names = groups.filter_map(|(group, _)| match group {
            Group::Dependency(name) | Group::Project(name) => Some(name.as_str()),
            _ => None,
        });
        names.collect::<Vec<_>>().join(" ")
    };
    let all = grouping.names.iter().enumerate().map(|(place, name)| (name, members(place)));
    all.filter(|(_, members)| !members.is_empty())
        .map(|(name, members)| format!("{name}: {members}"))
        .collect()
}

fn shown(tree: &Tree, budget: (usize, usize), moving: &[&str]) -> String {
    layers(tree, budget, moving, 127).join("\n")
}

const FEW: [(&str, &str, usize); 6] = [
    ("dependency", "cowboy", 9),
    ("dependency", "fork", 1),
    ("dependency", "jsx", 2),
    ("dependency", "tip", 40),
    ("project", "shop", 9),
    ("project", "till", 1),
];

#[test]
fn within_the_budget_every_application_has_a_layer_and_what_moves_lies_above() {
    insta::assert_snapshot!(shown(&tree(&FEW), (4, 2), &["fork", "tip"]), @r"
    dependency cowboy: cowboy
    dependency jsx: jsx
    dependency fork: fork
    dependency tip: tip
    project shop: shop
    project till: till
    ");
}

#[test]
fn beyond_the_budget_small_dependencies_share_layers_by_whether_they_move() {
    insta::assert_snapshot!(shown(&tree(&FEW), (3, 2), &["fork", "tip"]), @r"
    dependencies released: cowboy jsx
    dependencies moving: fork
    dependency tip: tip
    project shop: shop
    project till: till
    ");
    insta::assert_snapshot!(shown(&tree(&FEW), (2, 2), &["fork", "tip"]), @r"
    dependencies released: cowboy jsx
    dependencies moving: fork tip
    project shop: shop
    project till: till
    ");
    insta::assert_snapshot!(shown(&tree(&FEW), (3, 2), &[]), @r"
    dependencies released: fork jsx
    dependency cowboy: cowboy
    dependency tip: tip
    project shop: shop
    project till: till
    ");
    for none in [0, 1] {
        insta::allow_duplicates!(insta::assert_snapshot!(shown(&tree(&FEW), (none, none), &["tip"]), @r"
        dependencies: cowboy fork jsx tip
        project: shop till
        "));
    }
}

/// A project of so many applications, some of them larger.
fn project(names: impl Iterator<Item = usize>) -> Tree {
    let names: Vec<(String, usize)> = names.map(|n| (format!("app{n}"), 3 + 7 * (n % 3))).collect();
    tree(&names.iter().map(|(name, size)| ("project", name.as_str(), *size)).collect::<Vec<_>>())
}

#[test]
fn beyond_the_budget_small_applications_of_the_project_share_layers() {
    insta::assert_snapshot!(shown(&project(0..13), (1, 6), &[]), @r"
    project 1 of 3: app0 app12 app4
    project 2 of 3: app10 app8 app9
    project 3 of 3: app1 app3 app6 app7
    project app11: app11
    project app2: app2
    project app5: app5
    ");
}

#[test]
fn an_application_that_is_added_moves_one_layer() {
    let many = layers(&project((0..40).chain(45..60)), (1, 8), &[], 127);
    for added in 40..45 {
        let more = layers(&project((0..40).chain(45..60).chain([added])), (1, 8), &[], 127);
        let moved = more.iter().filter(|layer| !many.contains(layer)).count();
        assert!(moved <= 2 && more.len() == many.len(), "{many:#?}\n{more:#?}");
    }
}

#[test]
fn a_small_change_leaves_the_order_of_sizes_as_it_is() {
    let sized = |first: usize| tree(&[("project", "a", first), ("project", "b", 20), ("project", "c", 3)]);
    let before = shown(&sized(17), (1, 2), &[]);
    assert_eq!(shown(&sized(30), (1, 2), &[]), before);
    assert_ne!(shown(&sized(5), (1, 2), &[]), before);
}

#[test]
fn a_module_counts_the_same_whatever_its_size_and_other_files_count_by_theirs() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("file");
    std::fs::write(&path, vec![0; 5000]).expect("written");
    let weigh = |name: &str, content: crate::tree::Content| {
        weight(&TreePath::new(name).expect("a path"), &Entry::file(content, 0o644, Group::Otp))
    };
    assert_eq!((weigh("a.beam", path.clone().into()), weigh("a.so", path.into())), (MODULE, 5000));
    assert_eq!((weigh("b.beam", "x".into()), weigh("b.txt", "xy".into())), (MODULE, 2));
    assert_eq!(weigh("gone.so", dir.path().join("gone").into()), 0);
}

#[test]
fn where_there_is_less_room_than_budget_there_are_fewer_layers() {
    let apps: Vec<(String, &str)> = (0..30)
        .map(|n| (format!("dep{n}"), "dependency"))
        .chain((0..80).map(|n| (format!("app{n}"), "project")))
        .collect();
    let tree = tree(&apps.iter().map(|(name, kind)| (*kind, name.as_str(), 1)).collect::<Vec<_>>());
    for room in [127, 60, 20, 6, 5, 0] {
        let count = layers(&tree, (100, 100), &["dep1"], room).len();
        assert!(count <= room.saturating_sub(FIXED).max(2), "{count} layers, {room} in all");
        let wanted = room.saturating_sub(FIXED).min(apps.len());
        assert!(count * 4 >= wanted * 3, "{count} layers, {room} in all");
    }
}
