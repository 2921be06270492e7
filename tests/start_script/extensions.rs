//! Commands of the release's own: relx's extension_tests.

use super::installation::{said, with_each_starter};

#[test]
fn extensions_know_the_node_and_decide_the_exit_code() {
    with_each_starter(|depot| {
        let bar = format!("{{bar, depot, '{}', depot, one two}}.\n", depot.node);
        assert_eq!(depot.says(&["bar", "one", "two"]), bar);
        assert_eq!(depot.run(&["foo", "first"]).failed(42), "teststring first\n");
        assert_eq!(
            depot.run(&["baz"]).failed(1),
            "teststring\n",
            "an extension that does not exit has failed"
        );
        assert_eq!(depot.run(&["help", "foo"]).failed(42), "teststring help\n");
        std::fs::remove_file(depot.root.join("bin/extensions/foo")).expect("removed");
        assert!(depot.run(&["foo"]).failed(1).contains("there is no file"));
    });
}

/// What hooks and extensions written for relx's script use.
#[test]
fn extensions_find_the_functions_and_variables_of_relx() {
    with_each_starter(|depot| {
        let text = r#"echo "$REL_NAME $REL_VSN $NAME $NAME_TYPE $COOKIE $RELX_HOSTNAME"
echo "$(relx_get_pid) $(erl_rpc erlang node) $(erl_eval '1 + 1.') $(relx_nodetool eval '3 * 3.')"
for path in "$SCRIPT" "$SCRIPT_DIR" "$RELEASE_ROOT_DIR" "$ROOTDIR" "$REL_DIR" "$ERTS_DIR" "$BINDIR" "$VMARGS_PATH" \
    "$RELX_CONFIG_PATH" "$PIPE_DIR" "$RUNNER_LOG_DIR" "$RELEASE_PROG" "$ESCRIPT_NAME" "$SYSTEM_LIB_DIR"; do [ -e "$path" ] || echo "no $path"; done
pwd
exit 0
"#;
        depot.file("bin/extensions/bar", text);
        depot.says(&["daemon"]);
        let node = &depot.node;
        let said = depot.says(&["bar"]);
        let expected = format!(
            "depot 0.1.0 {node} -sname depot localhost\n{} {node} 2 9\n{}\n",
            depot.says(&["pid"]).trim(),
            depot.root.display()
        );
        assert_eq!(said, expected);
    });
}

#[test]
fn an_extension_gets_the_rendered_configuration() {
    with_each_starter(|depot| {
        depot.file("releases/0.1.0/sys.config.src", "[{depot, [{var1, \"${VAR1}\"}]}].\n");
        let text = said(depot.command(&["show"]).env("VAR1", "101")).done();
        assert_eq!(text, "[{depot, [{var1, \"101\"}]}].\n");
    });
}
