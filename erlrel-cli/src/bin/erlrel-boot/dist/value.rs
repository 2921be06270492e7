//! A term as it came from a node.

/// A term with the differences that its encoding makes: maps keep their order, and what was sent as a string stays
/// one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Integer(i64),
    /// What does not fit: the sign, and the bytes of the number, the lowest first.
    Big {
        negative: bool,
        digits: Vec<u8>,
    },
    Float(f64),
    Atom(String),
    /// A list of bytes.
    String(Vec<u8>),
    /// The elements; the empty list has none.
    List(Vec<Value>),
    /// The elements, and the tail that is no list.
    Improper(Vec<Value>, Box<Value>),
    Tuple(Vec<Value>),
    /// In the order of the node.
    Map(Vec<(Value, Value)>),
    Binary(Vec<u8>),
    /// The bytes, and how many bits of the last one count (1 to 7), its highest ones.
    Bits(Vec<u8>, u8),
    Pid {
        node: String,
        id: u32,
        serial: u32,
    },
    Port {
        id: u64,
        creation: u32,
    },
    Reference(Vec<u32>),
    /// A fun that was made in a module.
    Closure {
        module: String,
        index: u32,
        uniq: i64,
    },
    /// `fun module:function/arity`.
    Export {
        module: String,
        function: String,
        arity: i64,
    },
}

impl Value {
    /// True if this is the atom `name`.
    pub(crate) fn is_atom(&self, name: &str) -> bool {
        matches!(self, Self::Atom(atom) if atom == name)
    }

    /// The name, if this is an atom.
    pub(crate) fn as_atom(&self) -> Option<&str> {
        match self {
            Self::Atom(name) => Some(name),
            _ => None,
        }
    }

    /// The elements, if this is a tuple.
    pub(crate) fn as_tuple(&self) -> Option<&[Value]> {
        match self {
            Self::Tuple(elements) => Some(elements),
            _ => None,
        }
    }

    /// The text, if this is a string or a list of characters, a binary of UTF-8, or any nesting of these, as Erlang's
    /// `unicode:chardata()`.
    pub(crate) fn as_text(&self) -> Option<String> {
        let mut text = String::new();
        self.append_to(&mut text).then_some(text)
    }

    fn append_to(&self, text: &mut String) -> bool {
        match self {
            Self::String(bytes) => text.extend(bytes.iter().map(|byte| char::from(*byte))),
            Self::Binary(bytes) => text.push_str(&String::from_utf8_lossy(bytes)),
            Self::List(elements) => return elements.iter().all(|element| element.append_element_to(text)),
            Self::Improper(elements, tail) => {
                return elements.iter().all(|element| element.append_element_to(text))
                    && matches!(**tail, Self::Binary(_))
                    && tail.append_to(text);
            }
            _ => return false,
        }
        true
    }

    fn append_element_to(&self, text: &mut String) -> bool {
        let Self::Integer(number) = self else { return self.append_to(text) };
        let character = u32::try_from(*number).ok().and_then(char::from_u32);
        text.extend(character);
        character.is_some()
    }
}
