//! From text to terms, through erl_tokenize and erl_parse: what Erlang's `file:consult/1` reads.

use std::path::Path;
use std::sync::Arc;

use erl_parse::{Diagnostic, DiagnosticKind, Expected, NodeView, ParseMode, SyntaxKind, SyntaxTree};
use erl_tokenize::{Keyword, Symbol, Token, TokenKind, TokenValue};
use num_bigint::BigInt;

use super::source::{Source, SourceError, Span};
use super::tokens::{source, token_span, tokens};
use super::{Term, Value};

/// The terms of a file, with its text.
#[derive(Debug, Clone)]
pub struct Document {
    /// The text; errors about a term are made from it.
    pub source: Arc<Source>,
    /// The terms in file order.
    pub terms: Vec<Term>,
    /// Where `maybe` and `else` stand without quotes: atoms up to OTP 26, reserved words from then on.
    pub reserved: Vec<Span>,
}

/// Reads a sequence of terms, each ended by a dot.
///
/// `maybe` and `else` are atoms here, as they are up to OTP 26; [`Document::reserved`] has their places.
///
/// `path` is only shown in errors. The text is UTF-8 unless a comment in the first two lines says
/// `coding: latin-1` (as `epp:read_encoding/1` reads it).
///
/// # Errors
/// The first problem in the text, with its place: bad encoding, a bad token, something that is no term,
/// a missing dot, more than 256 levels of nesting.
pub fn consult(path: &Path, bytes: &[u8]) -> Result<Document, SourceError> {
    let source = source(path, bytes)?;
    let (tokens, reserved) = tokens(&source)?;
    let tree = erl_parse::parse(tokens, ParseMode::TermList);
    if let Some(diagnostic) = tree.diagnostics().iter().find(|found| !is_fun_reference(&tree, found)) {
        return Err(syntax_error(&source, &tree, diagnostic));
    }
    check_ends(&source, &tree)?;
    let reader = Reader { source: &source };
    let terms = tree.roots().map(|node| reader.term(node)).collect::<Result<_, _>>()?;
    Ok(Document { terms, source, reserved })
}

/// Each term ends with a dot, of which erl_parse says nothing.
fn check_ends(source: &Arc<Source>, tree: &SyntaxTree) -> Result<(), SourceError> {
    let lexical = |token: &&Token| token.kind().is_lexical();
    let mut tokens = tree.tokens().iter().filter(lexical).copied().peekable();
    for root in tree.roots().map(span) {
        let last = std::iter::from_fn(|| tokens.next_if(|token| token_span(*token).end <= root.end)).last();
        match (tokens.next(), last) {
            (Some(dot), _) if dot.kind() == TokenKind::Symbol(Symbol::Dot) => {}
            (Some(other), _) => return Err(source.error(token_span(other), "expected a dot after the term")),
            (None, last) => {
                let at = last.map_or(root, token_span);
                return Err(source.error(at, "the last term does not end with a dot"));
            }
        }
    }
    Ok(())
}

/// erl_parse's term grammar leaves out `fun m:f/a`, which `file:consult/1` takes and logger
/// configurations are full of.
fn is_fun_reference(tree: &SyntaxTree, diagnostic: &Diagnostic) -> bool {
    let at = diagnostic.token_range().start();
    let found_fun = diagnostic.found().is_some_and(|token| token.kind() == TokenKind::Keyword(Keyword::Fun));
    found_fun && tree.innermost_containing(at).is_some_and(|node| node.kind() == SyntaxKind::RemoteFunRef)
}

fn syntax_error(source: &Arc<Source>, tree: &SyntaxTree, diagnostic: &Diagnostic) -> SourceError {
    let start = diagnostic.token_range().start().get();
    let token = diagnostic.found().or_else(|| tree.tokens().get(start).copied());
    let span = token
        .map_or(Span { start: source.text.trim_end().len(), end: source.text.trim_end().len() }, token_span);
    let expected = match diagnostic.expected() {
        Expected::Category("expression") => "expected a term".into(),
        Expected::Category(what) => format!("expected {what}"),
        Expected::TokenKind(kind) => format!("expected {kind:?}"),
        Expected::Unspecified => "this is not an Erlang term".into(),
    };
    match diagnostic.kind() {
        DiagnosticKind::NestingDepthExceeded => {
            source.limit(span, "nested too deeply (more than 256 levels)")
        }
        _ if expected.contains("not allowed") => {
            source.error(span, "only terms are allowed here, no variables, calls or operators")
        }
        _ => source.error(
            span,
            match token {
                None => format!("{expected}, found the end of the file"),
                Some(token) => format!("{expected}, found `{}`", token.text(&source.text).trim_end()),
            },
        ),
    }
}

struct Reader<'a> {
    source: &'a Arc<Source>,
}

impl Reader<'_> {
    fn term(&self, node: NodeView<'_>) -> Result<Term, SourceError> {
        let value = match node.kind() {
            SyntaxKind::AtomExpr => self.atom(node),
            SyntaxKind::IntegerExpr => self.integer(node),
            SyntaxKind::FloatExpr | SyntaxKind::CharExpr => self.scalar(node),
            SyntaxKind::StringExpr => Some(self.string(node)),
            SyntaxKind::SigilStringExpr => self.sigil(node),
            SyntaxKind::UnaryOpExpr => return self.signed(node),
            SyntaxKind::ParenExpr => return self.only_child(node),
            SyntaxKind::TupleExpr => Some(Value::Tuple(self.children(node)?)),
            SyntaxKind::ListExpr => Some(Value::List(self.children(node)?)),
            SyntaxKind::ConsExpr => Some(cons(self.children(node)?)),
            SyntaxKind::MapExpr => Some(Value::Map(self.map(node)?)),
            SyntaxKind::BitstringExpr => Some(Value::Binary(self.binary(node)?)),
            SyntaxKind::RemoteFunRef => self.fun(node),
            _ => None,
        };
        value.map(|value| Term::new(value).at(span(node))).ok_or_else(|| self.refuse(node))
    }

    fn refuse(&self, node: NodeView<'_>) -> SourceError {
        self.source.error(span(node), "this is not an Erlang term that a configuration file may hold")
    }

    fn children(&self, node: NodeView<'_>) -> Result<Vec<Term>, SourceError> {
        node.children().map(|child| self.term(child)).collect()
    }

    fn only_child(&self, node: NodeView<'_>) -> Result<Term, SourceError> {
        node.children().next().map_or_else(|| Err(self.refuse(node)), |child| self.term(child))
    }

    fn values<'n>(&self, node: NodeView<'n>) -> impl Iterator<Item = TokenValue<'_>> + use<'n, '_> {
        node.tokens()
            .iter()
            .filter(|token| token.kind().is_lexical())
            .map(|token| token.value(&self.source.text))
    }

    fn first_text(&self, node: NodeView<'_>) -> Option<&str> {
        node.tokens()
            .iter()
            .find(|token| token.kind().is_lexical())
            .map(|token| token.text(&self.source.text))
    }

    fn atom(&self, node: NodeView<'_>) -> Option<Value> {
        match self.values(node).next()? {
            TokenValue::Atom(name) => Some(Value::Atom(name.as_ref().into())),
            _ => None,
        }
    }

    /// The tokenizer gives numbers up to 64 bits; larger ones are read from the text.
    fn integer(&self, node: NodeView<'_>) -> Option<Value> {
        let text = self.first_text(node)?.replace('_', "");
        let (radix, digits) = text.split_once('#').unwrap_or(("10", &text));
        BigInt::parse_bytes(digits.as_bytes(), radix.parse().ok()?).map(Value::Integer)
    }

    fn scalar(&self, node: NodeView<'_>) -> Option<Value> {
        match self.values(node).next()? {
            TokenValue::Float(number) => Some(Value::Float(number)),
            TokenValue::Char(c) => Some(Value::Integer((c as u32).into())),
            _ => None,
        }
    }

    fn string(&self, node: NodeView<'_>) -> Value {
        let text: String = self
            .values(node)
            .filter_map(|value| if let TokenValue::String(text) = value { Some(text) } else { None })
            .collect();
        Term::string(text).value
    }

    /// `~"…"` and `~b`/`~B` are binaries, `~s`/`~S` strings (EEP 66).
    fn sigil(&self, node: NodeView<'_>) -> Option<Value> {
        match self.values(node).next()? {
            TokenValue::SigilString { prefix: "" | "b" | "B", content, .. } => {
                Some(Value::Binary(content.as_bytes().to_vec()))
            }
            TokenValue::SigilString { prefix: "s" | "S", content, .. } => Some(Term::string(content).value),
            _ => None,
        }
    }

    /// One sign in front of a number.
    fn signed(&self, node: NodeView<'_>) -> Result<Term, SourceError> {
        if node.children().any(|child| child.kind() == node.kind()) {
            return Err(self.refuse(node));
        }
        let operand = self.only_child(node)?;
        let negative = self.first_text(node) == Some("-");
        let value = match operand.value {
            Value::Integer(number) if negative => Value::Integer(-number),
            Value::Float(number) if negative => Value::Float(-number),
            value @ (Value::Integer(_) | Value::Float(_)) => value,
            _ => return Err(self.refuse(node)),
        };
        Ok(Term::new(value).at(span(node)))
    }

    fn map(&self, node: NodeView<'_>) -> Result<Vec<(Term, Term)>, SourceError> {
        let field = |field: NodeView<'_>| match self.children(field)?.as_slice() {
            [key, value] => Ok((key.clone(), value.clone())),
            _ => Err(self.refuse(field)),
        };
        node.children().map(field).collect()
    }

    fn binary(&self, node: NodeView<'_>) -> Result<Vec<u8>, SourceError> {
        let segments = node.children().map(|element| self.segment(element));
        segments.collect::<Result<Vec<_>, _>>().map(|segments| segments.concat())
    }

    /// One segment: bytes, a string, a string `/utf8`, or an integer of whole bytes (`1:16`), the highest first.
    fn segment(&self, element: NodeView<'_>) -> Result<Vec<u8>, SourceError> {
        let parts = self.children(element)?;
        let kinds =
            element.tokens().iter().skip_while(|token| token.kind() != TokenKind::Symbol(Symbol::Slash));
        let kinds = kinds.filter(|token| token.kind() == TokenKind::Atom);
        let kinds: Vec<&str> = kinds.map(|token| token.text(&self.source.text)).collect();
        let utf8 = kinds == ["utf8"];
        let is_usual = |kind: &&str| ["integer", "unsigned", "signed", "big"].contains(kind);
        let size = parts.get(1).map_or(Some(8), Term::as_u64).filter(|_| utf8 || kinds.iter().all(is_usual));
        let bytes = match parts.first().map(Term::value).filter(|_| size.is_some()) {
            Some(Value::String(text)) if utf8 => Some(text.as_bytes().to_vec()),
            Some(Value::String(text)) => text.chars().map(|c| u8::try_from(c).ok()).collect(),
            Some(Value::List(empty)) if empty.is_empty() => Some(Vec::new()),
            Some(Value::Integer(number)) if utf8 => {
                u32::try_from(number).ok().and_then(char::from_u32).map(|c| c.to_string().into_bytes())
            }
            Some(Value::Integer(number)) => {
                size.filter(|size| size % 8 == 0 && *size <= 1 << 16).map(|size| big_endian(number, size / 8))
            }
            _ => None,
        };
        bytes.ok_or_else(|| self.source.limit(span(element), "erlrel reads no such segment of a binary"))
    }

    fn fun(&self, node: NodeView<'_>) -> Option<Value> {
        let parts: Vec<TokenValue<'_>> = self.values(node).collect();
        match parts.as_slice() {
            [
                _,
                TokenValue::Atom(module),
                _,
                TokenValue::Atom(function),
                _,
                TokenValue::Integer(Some(arity)),
            ] => {
                Some(Value::Fun(module.as_ref().into(), function.as_ref().into(), u8::try_from(*arity).ok()?))
            }
            _ => None,
        }
    }
}

/// `[a | []]` and `[a | [b]]` are proper lists.
fn cons(mut elements: Vec<Term>) -> Value {
    let Some(tail) = elements.pop() else { return Value::List(elements) };
    match tail.as_list() {
        Some(rest) => {
            elements.extend(rest);
            Value::List(elements)
        }
        None => Value::Improper(elements, Box::new(tail)),
    }
}

fn big_endian(number: &BigInt, size: u64) -> Vec<u8> {
    let sign = if number.sign() == num_bigint::Sign::Minus { 0xff } else { 0 };
    let mut little = number.to_signed_bytes_le();
    little.resize(size as usize, sign);
    little.into_iter().rev().collect()
}

/// The place of a node without the white space that follows it.
fn span(node: NodeView<'_>) -> Span {
    let lexical = |token: &&Token| token.kind().is_lexical();
    let first = node.tokens().iter().find(lexical);
    let last = node.tokens().iter().rev().find(lexical);
    match (first, last) {
        (Some(first), Some(last)) => Span { start: first.start().offset(), end: last.end().offset() },
        _ => Span::default(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Vec<Term>, String> {
        consult(Path::new("x.config"), text.as_bytes())
            .map(|document| document.terms)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn every_kind_of_term_is_read() {
        let text = r#"
            %% a comment
            {atom, 'Quoted atom', "str" "ing", [1, -2, 16#ff, $a, 1_000], 1.5e3}.
            [a, b | c]. [a | [b]]. [].
            <<"bin">>. <<"ü"/utf8, 1, 258:16>>. ~"sigil".
            #{k => [v], {1} => -1}. {fun logger_filters:domain/2, (x)}.
            123456789012345678901234567890.
        "#;
        let terms: Vec<String> = read(text).expect("terms").iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(terms.join("\n"), @r#"
        {atom,'Quoted atom',"string",[1,-2,255,97,1000],1500.0}
        [a,b|c]
        [a,b]
        []
        <<"bin">>
        <<195,188,1,1,2>>
        <<"sigil">>
        #{k => [v],{1} => -1}
        {fun logger_filters:domain/2,x}
        123456789012345678901234567890
        "#);
    }

    #[test]
    fn reserved_words_of_newer_erlang_are_atoms() {
        let text = "{maybe, 'else', else}. [fun maybe:else/2]. {ok, \"ü\", maybe}.";
        let document = consult(Path::new("x.config"), text.as_bytes()).expect("terms");
        let terms: Vec<String> = document.terms.iter().map(ToString::to_string).collect();
        assert_eq!(terms.join(" "), "{'maybe','else','else'} [fun 'maybe':'else'/2] {ok,\"ü\",'maybe'}");
        let words: Vec<&str> =
            document.reserved.iter().map(|span| &document.source.text[span.start..span.end]).collect();
        assert_eq!(words, ["maybe", "else", "maybe", "else", "maybe"], "without the one in quotes");
        assert!(read("{a, case}.").is_err() && read("{a, maybe x}.").is_err());
    }

    #[test]
    fn an_error_shows_its_line_under_a_caret() {
        insta::assert_snapshot!(read("{a, 1}.\n{relx, [b,}.\n").expect_err("bad"), @r"
        x.config:2:11: expected a term, found `}`
          |
        2 | {relx, [b,}.
          |           ^
        ");
        insta::assert_snapshot!(read("{a, 1").expect_err("bad"), @r"
        x.config:1:6: expected `}` to close tuple, found the end of the file
          |
        1 | {a, 1
          |      ^
        ");
        insta::assert_snapshot!(read("{deps, Deps}.").expect_err("bad"), @r"
        x.config:1:8: only terms are allowed here, no variables, calls or operators
          |
        1 | {deps, Deps}.
          |        ^^^^
        ");
        insta::assert_snapshot!(read("{a, \"open}.\n").expect_err("bad"), @r#"
        x.config:1:5: no closing quotation
          |
        1 | {a, "open}.
          |     ^
        "#);
    }

    #[test]
    fn a_dot_ends_each_term_and_stands_nowhere_else() {
        let message = |text: &str| read(text).expect_err("refused").lines().next().map(String::from);
        let behind = |place: &str, message: &str| Some(format!("x.config:{place}: {message}"));
        let inside = "a dot here must end a term, with a blank or a line's end behind it";
        assert_eq!(message("{a,1}.{b,2}."), behind("1:6", inside));
        assert_eq!(message("{a,1}.\n{b,2}"), behind("2:5", "the last term does not end with a dot"));
        assert_eq!(message("$6A#fF."), behind("1:3", "expected a dot after the term"));
        assert_eq!(read("a.%b\nc. % d").expect("two terms").len(), 2);
    }

    #[test]
    fn latin1_is_read_when_declared_and_refused_otherwise() {
        let terms = consult(Path::new("x"), b"%% coding: latin-1\n{a, \"\xfc\"}.").expect("declared");
        assert_eq!(terms.terms[0].to_string(), "{a,\"ü\"}");
        let error = consult(Path::new("x"), b"{a, \"\xfc\"}.").expect_err("not declared");
        assert_eq!(error.position(), (1, 6));
    }

    #[test]
    fn deep_nesting_is_an_error_not_a_crash() {
        for (open, close) in [("[", "]"), ("{", "}"), ("-", ""), ("(", ")"), ("#{a=>", "}"), ("<<", ">>")] {
            let text = format!("{}1{}.", open.repeat(20_000), close.repeat(20_000));
            assert!(read(&text).is_err(), "{open}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = consult(Path::new("x"), &bytes).map_err(|error| error.to_string());
        }

        #[test]
        fn arbitrary_punctuation_never_panics(text in "[a-c{}\\[\\]<>,.|#=\"'$~% \n0-9:/-]{0,60}") {
            let _ = read(&text);
        }

        #[test]
        fn a_truncated_file_never_panics(cut in 0usize..400) {
            let text = r#"{erl_opts, [debug_info]}. {relx, [{release, {"x", "1"}, [sasl]}]}. {a, <<"b">>, #{c => d}}."#;
            let _ = read(text.get(..cut.min(text.len())).unwrap_or_default());
        }
    }
}
