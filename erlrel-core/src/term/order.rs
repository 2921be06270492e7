//! Equality and Erlang's term order: number < atom < fun < tuple < map < list < binary.

use std::cmp::Ordering;

use super::{Term, Value};

impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal && self.is_float() == other.is_float()
    }
}

impl Eq for Term {}

impl PartialOrd for Term {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Term {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.value, &other.value) {
            (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
            (Value::Float(a), Value::Float(b)) => a.total_cmp(b),
            (Value::Atom(a), Value::Atom(b)) => a.cmp(b),
            (Value::Binary(a), Value::Binary(b)) => a.cmp(b),
            (Value::Tuple(a), Value::Tuple(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
            (Value::Map(a), Value::Map(b)) => compare_maps(a, b),
            (Value::Fun(a, b, c), Value::Fun(x, y, z)) => (a, b, c).cmp(&(x, y, z)),
            (Value::String(a), Value::String(b)) => a.cmp(b),
            _ => self.rank().cmp(&other.rank()).then_with(|| self.compare_within_rank(other)),
        }
    }
}

impl Term {
    fn is_float(&self) -> bool {
        matches!(self.value, Value::Float(_))
    }

    fn rank(&self) -> u8 {
        match &self.value {
            Value::Integer(_) | Value::Float(_) => 0,
            Value::Atom(_) => 1,
            Value::Fun(..) => 2,
            Value::Tuple(_) => 3,
            Value::Map(_) => 4,
            Value::List(elements) if elements.is_empty() => 5,
            Value::String(_) | Value::List(_) | Value::Improper(..) => 6,
            Value::Binary(_) => 7,
        }
    }

    /// Numbers of two kinds, or lists of two spellings.
    fn compare_within_rank(&self, other: &Self) -> Ordering {
        match (self.number(), other.number()) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            _ => {
                let ((a, a_tail), (b, b_tail)) = (self.list_parts(), other.list_parts());
                a.cmp(&b).then_with(|| a_tail.cmp(&b_tail))
            }
        }
    }

    fn number(&self) -> Option<f64> {
        match &self.value {
            Value::Float(number) => Some(*number),
            Value::Integer(number) => number.to_string().parse().ok(),
            _ => None,
        }
    }

    fn list_parts(&self) -> (Vec<Term>, Option<&Term>) {
        match &self.value {
            Value::Improper(elements, tail) => (elements.clone(), Some(tail)),
            _ => (self.as_list().unwrap_or_default(), None),
        }
    }
}

/// Maps compare by size, then by sorted keys, then by the values in that order.
fn compare_maps(a: &[(Term, Term)], b: &[(Term, Term)]) -> Ordering {
    let sorted = |pairs: &[(Term, Term)]| {
        let mut pairs = pairs.to_vec();
        pairs.sort();
        let (keys, values): (Vec<Term>, Vec<Term>) = pairs.into_iter().unzip();
        (keys, values)
    };
    a.len().cmp(&b.len()).then_with(|| sorted(a).cmp(&sorted(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_the_list_of_its_code_points() {
        let list = Term::list([Term::integer(97), Term::integer(98)]);
        assert_eq!(Term::string("ab"), list);
        assert_ne!(Term::string("ac"), list);
        assert_eq!(Term::string(""), Term::list([]));
    }

    #[test]
    fn terms_sort_as_erlang_sorts_them() {
        let mut terms = [
            Term::new(Value::Binary(vec![1])),
            Term::string("a"),
            Term::list([]),
            Term::tuple([Term::integer(1), Term::integer(1)]),
            Term::tuple([Term::atom("z")]),
            Term::atom("a"),
            Term::integer(2),
            Term::new(Value::Float(1.5)),
        ];
        terms.sort();
        let text: Vec<String> = terms.iter().map(ToString::to_string).collect();
        assert_eq!(text, ["1.5", "2", "a", "{z}", "{1,1}", "[]", "\"a\"", "<<1>>"]);
        assert_ne!(Term::integer(1), Term::new(Value::Float(1.0)));
    }
}
