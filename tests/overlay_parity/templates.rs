//! Templates for which the real relx says what they render to.

/// Variables for them, as a file of variables.
pub(crate) const VARIABLES: &str = r##"
{name, "World"}.
{n, 42}.
{neg, -7}.
{floats, [0.0, 1.5, 100.0, 1000.0, 120000.0, 0.0001, 1.0e-5, 1.0e22, 123456.789]}.
{f, 2.5}.
{atom, hello}.
{yes, true}.
{no, false}.
{nothing, undefined}.
{null, null}.
{nil, nil}.
{empty, ""}.
{empty_bin, <<>>}.
{bin, <<"bytes of {{name}}">>}.
{utf8, <<"größe €"/utf8>>}.
{html, "<a href=\"x\">&'</a>"}.
{list, ["one", "two", "three"]}.
{bins, [<<"b1">>, <<"b2">>]}.
{nums, [1, 2, 3]}.
{text, [104, 105]}.
{atoms, [x, y]}.
{rec, [{a, "1"}, {b, [{c, "deep {{name}}"}]}, {name, "Inner"}, {d, "{{a}} and {{name}}"}]}.
{recs, [[{k, "x"}, {v, 1}], [{k, "y"}, {v, 2}]]}.
{mixed, [{on, true}, flag]}.
{map, #{k => "v", inner => #{z => 9}}}.
{greeting, "Hello {{name}}{{#yes}}!{{/yes}}"}.
{twice, "{{greeting}} {{greeting}}"}.
{early, "[{{late}}]"}.
{late, "late"}.
{'a-b', "dash"}.
{'Upper', "upper"}.
{braces, "}}{{=<% %>=}}"}.
{twins, "first"}.
{twins, "second"}.
{mode, 488}.
"##;

/// None of them is wrong.
pub(crate) const TEMPLATES: &[&str] = &[
    "",
    "plain text, no end of line",
    "two\nlines\n",
    "{{name}}",
    "a {{name}} b {{ name }} c {{  name}}d",
    "{{n}} {{neg}} {{f}} {{atom}} {{yes}} {{no}} {{nothing}}|{{null}}|{{nil}}|{{empty}}|{{empty_bin}}|",
    "{{#floats}}{{.}} {{/floats}}",
    "{{bin}} {{utf8}} ünïcödé €",
    "{{html}} {{{html}}} {{&html}} {{& html }}",
    "{{missing}}|{{{missing}}}|{{&missing}}|{{a.b.c}}|",
    "{{rec.a}} {{rec.b.c}} {{rec.d}} {{rec.name}} {{rec.missing}}|{{rec.b.missing}}|",
    "{{map.k}} {{map.inner.z}}",
    "{{#map}}{{k}} {{name}} {{#inner}}{{z}}{{/inner}}{{/map}}",
    "{{list}} {{bins}} {{text}}",
    "{{#text}}{{.}},{{/text}}",
    "{{#list}}{{.}},{{/list}}",
    "{{#bins}}<{{.}}>{{/bins}}",
    "{{#nums}}{{.}}+{{/nums}}",
    "{{#atoms}}{{.}} {{name}};{{/atoms}}",
    "{{#recs}}{{k}}={{v}} {{name}}\n{{/recs}}",
    "{{#recs}}\n  {{k}}={{v}}\n{{/recs}}\n",
    "{{#rec}}{{a}}{{name}}{{n}}{{#b}}{{c}}{{a}}{{/b}}{{/rec}}",
    "{{#mixed}}{{on}} {{flag}} {{#flag}}set{{/flag}}{{/mixed}}",
    "{{#yes}}yes{{/yes}}{{#no}}no{{/no}}{{#nothing}}x{{/nothing}}{{#null}}x{{/null}}{{#nil}}x{{/nil}}",
    "{{#empty}}x{{/empty}}{{#empty_bin}}x{{/empty_bin}}{{#missing}}x{{/missing}}{{#n}}n={{.}}{{/n}}",
    "{{^yes}}yes{{/yes}}{{^no}}no{{/no}}{{^nothing}}x{{/nothing}}{{^empty}}e{{/empty}}{{^missing}}m {{name}}{{/missing}}",
    "{{^list}}none{{/list}}{{^nums}}none{{/nums}}",
    "{{#name}}once {{.}}{{/name}}",
    "{{#release_version}}.{{/release_version}}",
    "{{#atom}}{{.}} {{name}}{{/atom}}",
    "{{#rec.b}}{{c}}{{/rec.b}}",
    "{{# rec . b }}{{ c }}{{/ rec.b }}",
    "{{#list}}{{#nums}}{{.}}{{/nums}}{{.}} {{/list}}",
    "a{{! comment }}b",
    "a\n{{! comment }}\nb\n",
    "a\n  {{! comment\n over lines }}  \nb\n",
    "a\r\n{{! comment }}\r\nb\r\n",
    "  {{! at the end }}",
    "\t{{! tabs }}\t\nx",
    "text {{! not alone }}\nx",
    "{{! one }}{{! two }}\nx",
    "{{#yes}}\nalone\n{{/yes}}\n",
    "  {{#yes}}\n  indented\n  {{/yes}}\nend",
    "{{#yes}} inline {{/yes}}\nend",
    "x {{#yes}}\ny\n{{/yes}} z\n",
    "{{#yes}}\n{{#yes}}\nnested\n{{/yes}}\n{{/yes}}\n",
    "{{#yes}}{{#no}}\nx\n{{/no}}{{/yes}}\ny\n",
    "{{^no}}\nalone\n{{/no}}",
    "{{#list}}\n- {{.}}\n{{/list}}\n",
    "{{#yes}}\r\nx\r\n{{/yes}}\r\n",
    "{{name}}\n{{#yes}}\n{{name}}\n{{/yes}}\n{{name}}\n",
    "{{name}}{{#yes}}\n{{/yes}}\n",
    "{{=<% %>=}}<% name %> {{name}} <%={{ }}=%>{{name}}",
    "{{=<% %>=}}\n<%#yes%>\nx <%&html%>\n<%/yes%>\n",
    "{{= | | =}}|name| |#list||.|,|/list|",
    "{{=[ ]=}}[name] {{name}} [{html}] [&html]",
    "  {{=<% %>=}}  \n<%name%>\n",
    "{{#yes}}{{=<% %>=}}<%name%><%/yes%><%name%>",
    "{{> partial}}|",
    "a\n  {{> partial }}\nb\n",
    "a {{>partial}} b\n",
    "{{{{name}}}}",
    "{{{name}}",
    "{ {{name}} }",
    "{{{{{name}}}}}",
    "{{{{name}}",
    "{{name}}}",
    "}} {{name}} }}",
    "{name} {{name}}{",
    "${HOME} {{n}} ${X:-{{name}}}",
    "{{}}|{{ }}|",
    "{{a-b}} {{Upper}} {{upper}}|",
    "{{greeting}} {{twice}} {{early}} {{braces}}",
    "{{twins}} {{second}} {{included}} {{over}} {{inline}} {{low}} {{lowest}}",
    "{{release_name}} {{release_version}} {{release}} {{erts_vsn}} {{release_erts_version}} {{erts_dir}}",
    "{{overridden}}|{{overrides}}|{{lib_dirs}}|{{#lib_dirs}}x{{/lib_dirs}}{{^overrides}}none{{/overrides}}",
    "{{default_release_name}}|{{log}}|{{config_file}}|",
    "{{profile_string}} {{#yes}}{{release_name}}{{/yes}}",
    "{{na\nme}}|{{name\t}}|",
    "{{#yes}}{{/yes}}|{{^yes}}{{/yes}}|",
    "\n\n{{#no}}\n\n{{/no}}\n\n",
    "{{#nums}}{{#nums}}{{.}}{{/nums}}{{/nums}}",
    "{{#recs}}{{^missing}}{{k}}{{/missing}}{{/recs}}",
];
