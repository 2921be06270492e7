//! The external term format: what `term_to_binary/1` writes, byte by byte.
//!
//! Source: Erlang's "External Term Format" page; atoms as the given OTP release writes them.

use num_bigint::{BigInt, Sign};

use super::{Term, Value};

/// How atoms are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtomEncoding {
    /// Latin-1 where it can be (tag 100), else UTF-8: OTP 25 and older.
    Latin1,
    /// Always UTF-8 (tags 119 and 118): OTP 26 and newer.
    Utf8,
}

/// A binary that is no readable term.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EtfError {
    /// It ends too early or begins with another version.
    #[error("the binary term is truncated or damaged at byte {offset}")]
    Damaged {
        /// Where.
        offset: usize,
    },
    /// A kind of term that boot files do not hold: a pid, a reference, a closure.
    #[error("the binary term holds something unexpected (tag {tag}) at byte {offset}")]
    Unexpected {
        /// The tag.
        tag: u8,
        /// Where.
        offset: usize,
    },
}

/// `term_to_binary(Term)` without options.
///
/// Maps are written in term order, which is what OTP 25 and older do for up to 32 keys; newer releases
/// use an order that is not visible from outside.
pub fn encode(term: &Term, atoms: AtomEncoding) -> Vec<u8> {
    let mut encoder = Encoder { out: vec![131], atoms };
    encoder.term(term);
    encoder.out
}

struct Encoder {
    out: Vec<u8>,
    atoms: AtomEncoding,
}

impl Encoder {
    fn term(&mut self, term: &Term) {
        match &term.value {
            Value::Atom(name) => self.atom(name),
            Value::Integer(number) => self.integer(number),
            Value::Float(number) => {
                self.out.push(70);
                self.out.extend(number.to_be_bytes());
            }
            Value::String(text) => self.string(text),
            Value::Binary(bytes) => {
                self.header(109, bytes.len());
                self.out.extend(bytes);
            }
            Value::List(elements) => self.list(elements),
            Value::Improper(elements, tail) => {
                self.header(108, elements.len());
                elements.iter().for_each(|element| self.term(element));
                self.term(tail);
            }
            Value::Tuple(elements) => self.tuple(elements),
            Value::Map(pairs) => self.map(pairs),
            Value::Fun(module, function, arity) => {
                self.out.push(113);
                self.atom(module);
                self.atom(function);
                self.out.extend([97, *arity]);
            }
        }
    }

    fn header(&mut self, tag: u8, length: usize) {
        self.out.push(tag);
        self.out.extend((length as u32).to_be_bytes());
    }

    fn atom(&mut self, name: &str) {
        let latin1: Option<Vec<u8>> = name.chars().map(|c| u8::try_from(c).ok()).collect();
        match latin1.filter(|_| self.atoms == AtomEncoding::Latin1) {
            Some(bytes) => {
                self.out.push(100);
                self.out.extend((bytes.len() as u16).to_be_bytes());
                self.out.extend(bytes);
            }
            None if name.len() < 256 => {
                self.out.extend([119, name.len() as u8]);
                self.out.extend(name.as_bytes());
            }
            None => {
                self.out.push(118);
                self.out.extend((name.len() as u16).to_be_bytes());
                self.out.extend(name.as_bytes());
            }
        }
    }

    fn integer(&mut self, number: &BigInt) {
        if let Ok(small) = u8::try_from(number) {
            return self.out.extend([97, small]);
        }
        if let Ok(word) = i32::try_from(number) {
            self.out.push(98);
            return self.out.extend(word.to_be_bytes());
        }
        let (sign, digits) = number.to_bytes_le();
        match u8::try_from(digits.len()) {
            Ok(length) => self.out.extend([110, length]),
            Err(_) => self.header(111, digits.len()),
        }
        self.out.push(u8::from(sign == Sign::Minus));
        self.out.extend(digits);
    }

    fn string(&mut self, text: &str) {
        let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
        match bytes {
            Some(bytes) => self.bytes_or_list(&bytes),
            None => self.plain_list(&text.chars().map(|c| Term::integer(c as u32)).collect::<Vec<_>>()),
        }
    }

    fn list(&mut self, elements: &[Term]) {
        let bytes: Option<Vec<u8>> = elements
            .iter()
            .map(|element| element.as_u64().and_then(|number| u8::try_from(number).ok()))
            .collect();
        match bytes {
            _ if elements.is_empty() => self.out.push(106),
            Some(bytes) => self.bytes_or_list(&bytes),
            None => self.plain_list(elements),
        }
    }

    /// STRING_EXT has a length of two bytes; longer lists of bytes are written as lists.
    fn bytes_or_list(&mut self, bytes: &[u8]) {
        match u16::try_from(bytes.len()) {
            Ok(length) => {
                self.out.push(107);
                self.out.extend(length.to_be_bytes());
                self.out.extend(bytes);
            }
            Err(_) => self.plain_list(&bytes.iter().map(|byte| Term::integer(*byte)).collect::<Vec<_>>()),
        }
    }

    fn plain_list(&mut self, elements: &[Term]) {
        self.header(108, elements.len());
        elements.iter().for_each(|element| self.term(element));
        self.out.push(106);
    }

    fn tuple(&mut self, elements: &[Term]) {
        match u8::try_from(elements.len()) {
            Ok(length) => self.out.extend([104, length]),
            Err(_) => self.header(105, elements.len()),
        }
        elements.iter().for_each(|element| self.term(element));
    }

    fn map(&mut self, pairs: &[(Term, Term)]) {
        let mut sorted: Vec<&(Term, Term)> = pairs.iter().collect();
        sorted.sort();
        self.header(116, sorted.len());
        for (key, value) in sorted {
            self.term(key);
            self.term(value);
        }
    }
}

/// `binary_to_term(Binary)` for uncompressed binaries such as boot files.
///
/// # Errors
/// When the binary is damaged, or holds a kind of term that no boot file has.
pub fn decode(bytes: &[u8]) -> Result<Term, EtfError> {
    let mut decoder = Decoder { bytes, at: 0 };
    match decoder.byte()? {
        131 => decoder.term(0),
        _ => Err(EtfError::Damaged { offset: 0 }),
    }
}

struct Decoder<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Deeper nesting than any boot file has, and far from the end of the stack.
const MAX_DEPTH: usize = 512;

impl Decoder<'_> {
    fn term(&mut self, depth: usize) -> Result<Term, EtfError> {
        let offset = self.at;
        if depth > MAX_DEPTH {
            return Err(EtfError::Damaged { offset });
        }
        Ok(match self.byte()? {
            97 => Term::integer(self.byte()?),
            98 => Term::integer(i32::from_be_bytes(self.array()?)),
            70 => Term::new(Value::Float(f64::from_be_bytes(self.array()?))),
            100 | 118 | 115 | 119 => return self.atom(offset),
            104 => self.byte().and_then(|length| self.elements(length.into(), depth)).map(Term::tuple)?,
            105 => self.length().and_then(|length| self.elements(length, depth)).map(Term::tuple)?,
            106 => Term::list([]),
            107 => self.string()?,
            108 => return self.list(depth),
            109 => self
                .length()
                .and_then(|length| self.take(length))
                .map(|bytes| Term::new(Value::Binary(bytes.to_vec())))?,
            110 => self.byte().and_then(|length| self.big(length.into()))?,
            111 => self.length().and_then(|length| self.big(length))?,
            113 => return self.fun(depth),
            116 => return self.map(depth),
            tag => return Err(EtfError::Unexpected { tag, offset }),
        })
    }

    fn take(&mut self, length: usize) -> Result<&[u8], EtfError> {
        let taken = self.bytes.get(self.at..).and_then(|rest| rest.get(..length));
        let taken = taken.ok_or(EtfError::Damaged { offset: self.at })?;
        self.at += length;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], EtfError> {
        let offset = self.at;
        self.take(N)?.try_into().map_err(|_| EtfError::Damaged { offset })
    }

    fn byte(&mut self) -> Result<u8, EtfError> {
        self.array().map(|[byte]| byte)
    }

    fn length(&mut self) -> Result<usize, EtfError> {
        self.array().map(|bytes| u32::from_be_bytes(bytes) as usize)
    }

    fn atom(&mut self, offset: usize) -> Result<Term, EtfError> {
        let tag = self.bytes.get(offset).copied().unwrap_or_default();
        let length = match tag {
            100 | 118 => u16::from_be_bytes(self.array()?).into(),
            _ => usize::from(self.byte()?),
        };
        let text = self.take(length)?;
        let name = match tag {
            100 | 115 => text.iter().map(|byte| char::from(*byte)).collect(),
            _ => String::from_utf8(text.to_vec()).map_err(|_| EtfError::Damaged { offset })?,
        };
        Ok(Term::atom(name))
    }

    fn string(&mut self) -> Result<Term, EtfError> {
        let length = u16::from_be_bytes(self.array()?);
        let text: String = self.take(length.into())?.iter().map(|byte| char::from(*byte)).collect();
        Ok(Term::string(text))
    }

    fn elements(&mut self, count: usize, depth: usize) -> Result<Vec<Term>, EtfError> {
        (0..count).map(|_| self.term(depth + 1)).collect()
    }

    fn list(&mut self, depth: usize) -> Result<Term, EtfError> {
        let count = self.length()?;
        let elements = self.elements(count, depth)?;
        let tail = self.term(depth + 1)?;
        Ok(match tail.value {
            Value::List(rest) if rest.is_empty() => Term::list(elements),
            _ => Term::new(Value::Improper(elements, Box::new(tail))),
        })
    }

    fn big(&mut self, length: usize) -> Result<Term, EtfError> {
        let sign = if self.byte()? == 0 { Sign::Plus } else { Sign::Minus };
        Ok(Term::integer(BigInt::from_bytes_le(sign, self.take(length)?)))
    }

    fn fun(&mut self, depth: usize) -> Result<Term, EtfError> {
        let offset = self.at;
        let (module, function, arity) = (self.term(depth + 1)?, self.term(depth + 1)?, self.term(depth + 1)?);
        let parts = (module.value, function.value, arity.as_u64().and_then(|arity| u8::try_from(arity).ok()));
        match parts {
            (Value::Atom(module), Value::Atom(function), Some(arity)) => {
                Ok(Term::new(Value::Fun(module, function, arity)))
            }
            _ => Err(EtfError::Damaged { offset }),
        }
    }

    fn map(&mut self, depth: usize) -> Result<Term, EtfError> {
        let count = self.length()?;
        let pairs = (0..count).map(|_| Ok((self.term(depth + 1)?, self.term(depth + 1)?)));
        pairs.collect::<Result<_, _>>().map(|pairs| Term::new(Value::Map(pairs)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn terms() -> impl Strategy<Value = Term> {
        let leaf = prop_oneof![
            "[a-zA-Zäλ_ ]{0,12}".prop_map(Term::atom),
            any::<i64>().prop_map(Term::integer),
            any::<[u64; 4]>().prop_map(|words| words.iter().fold(Term::integer(0), |term, word| {
                let Value::Integer(number) = term.value else { return term };
                Term::integer((number << 64) - BigInt::from(*word))
            })),
            (-1e300..1e300f64).prop_map(|number| Term::new(Value::Float(number))),
            "[a-zäλ]{0,9}".prop_map(Term::string),
            proptest::collection::vec(any::<u8>(), 0..9).prop_map(|bytes| Term::new(Value::Binary(bytes))),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            let many = proptest::collection::vec(inner.clone(), 0..6);
            prop_oneof![
                many.clone().prop_map(Term::list),
                many.prop_map(Term::tuple),
                (inner.clone(), "[a-z]{1,4}").prop_map(|(head, tail)| Term::new(Value::Improper(
                    vec![head],
                    Box::new(Term::atom(tail))
                ))),
                (inner.clone(), inner).prop_map(|(key, value)| Term::new(Value::Map(vec![(key, value)]))),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(term in terms()) {
            for atoms in [AtomEncoding::Latin1, AtomEncoding::Utf8] {
                let bytes = encode(&term, atoms);
                prop_assert_eq!(&decode(&bytes).expect("own encoding"), &term);
            }
            // eetf takes the Latin-1 form for UTF-8, so it can judge the newer form only.
            let bytes = encode(&term, AtomEncoding::Utf8);
            eetf::Term::decode(bytes.as_slice()).expect("an independent decoder reads it");
        }

        #[test]
        fn what_is_printed_is_read_back(term in terms()) {
            let text = format!("{}.\n{}.\n", term, crate::term::pretty(&term));
            let read = crate::term::consult(std::path::Path::new("x"), text.as_bytes());
            prop_assert_eq!(read.expect("own text").terms, vec![term.clone(), term]);
        }

        #[test]
        fn arbitrary_binaries_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = decode(&bytes);
            let _ = decode(&[&[131], bytes.as_slice()].concat());
        }
    }
}
