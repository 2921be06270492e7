use proptest::prelude::*;

use super::*;

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

fn fill(text: &str, branch: &str) -> Result<String, TagError> {
    let fact = |fact| {
        Ok::<_, TagError>(match fact {
            Fact::Version => "1.4.0+build".to_string(),
            Fact::GitSha => SHA.into(),
            Fact::GitShort => SHA[..7].into(),
            Fact::GitBranch => branch.into(),
            Fact::Key => "881255288".into(),
        })
    };
    TagTemplate::parse(text)?.fill(fact).map(|name| name.familiar())
}

#[test]
fn every_placeholder_has_its_value() {
    for (text, name) in [
        ("shop:{version}", "shop:1.4.0-build"),
        (
            "registry.example.com:5000/acme/shop:{git_sha}",
            &format!("registry.example.com:5000/acme/shop:{SHA}"),
        ),
        ("shop:v{version}-{git_short}", "shop:v1.4.0-build-0123456"),
        ("shop:{git_branch}", "shop:feature-X_1"),
        ("acme/{git_branch}/shop", "acme/feature-x_1/shop:latest"),
        ("acme/shop:builder-{key}", "acme/shop:builder-881255288"),
        ("shop", "shop:latest"),
    ] {
        assert_eq!(fill(text, "feature/X_1").as_deref(), Ok(name));
    }
}

#[test]
fn a_branch_becomes_a_valid_tag() {
    let long = "x/".repeat(100);
    for (branch, tag) in [
        ("main", "main"),
        ("feature/x", "feature-x"),
        ("-.dots..", "dots"),
        ("fix#12 (ü)", "fix-12"),
        ("_a", "_a"),
    ] {
        assert_eq!(fill("a:{git_branch}", branch).as_deref(), Ok(format!("a:{tag}").as_str()));
    }
    let tag = fill("a:{git_branch}-{git_short}", &long).expect("a name");
    assert!(tag.ends_with("x-0123456") && tag.len() <= 2 + 128 && tag.len() > 120, "{tag}");
    let twice = fill("a:{git_branch}.{git_branch}", &long).expect("a name");
    assert!(twice.len() <= 2 + 128, "{twice}");
}

#[test]
fn mistakes_are_explained() {
    let texts = [
        "a:{git_shaa}",
        "a:{branch}",
        "a:{}",
        "a:{git_sha",
        "A:{git_sha}",
        "a:{git_sha}!",
        "{git_sha}@{key}",
    ];
    let errors: Vec<String> =
        texts.iter().map(|text| fill(text, "main").expect_err(text).to_string()).collect();
    insta::assert_snapshot!(errors.join("\n"), @r"
    there is no placeholder `{git_shaa}` (did you mean `{git_sha}`?); there are `{version}`, `{git_sha}`, `{git_short}`, `{git_branch}`, `{key}`
    there is no placeholder `{branch}`; there are `{version}`, `{git_sha}`, `{git_short}`, `{git_branch}`, `{key}`
    there is no placeholder `{}`; there are `{version}`, `{git_sha}`, `{git_short}`, `{git_branch}`, `{key}`
    `{git_sha` has a placeholder without its `}`; there are `{version}`, `{git_sha}`, `{git_short}`, `{git_branch}`, `{key}`
    `A:{git_sha}` is no image name: upper-case letters are not allowed before the tag
    `a:{git_sha}!` is no image name: a tag has 1 to 128 letters, digits, `_`, `.` and `-`, and begins with none of the last two
    `{git_sha}@{key}` is no image name: a digest cannot be given to an image, it follows from the content; use a tag
    ");
    insta::assert_snapshot!(fill("a:{git_branch}", "商店").expect_err("nothing"), @"`a:{git_branch}` has no value: `{git_branch}` is `商店`, of which nothing can stand in the name of an image");
}

#[test]
fn a_fact_is_looked_up_only_where_it_is_used() {
    let template = TagTemplate::parse("shop:{version}").expect("a template");
    let look_up = |fact| match fact {
        Fact::Version => Ok("1".to_string()),
        fact => Err(TagError::NoCommit { fact, place: "x".into() }),
    };
    assert_eq!(template.fill(look_up).map(|name| name.familiar()).as_deref(), Ok("shop:1"));
}

proptest! {
    #[test]
    fn whatever_the_branch_is_called_the_name_is_valid_or_the_error_names_it(branch in "\\PC{1,300}") {
        match fill("shop:{git_branch}-{git_short}", &branch) {
            Ok(name) => prop_assert!(name.len() <= 5 + 128),
            Err(error) => prop_assert!(error.to_string().contains("{git_branch}"), "{}", error),
        }
    }

    #[test]
    fn arbitrary_text_never_panics(text in "(\\PC|[{}:/a-z]){0,40}") {
        let _ = fill(&text, "main");
    }
}
