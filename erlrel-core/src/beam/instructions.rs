//! The code of a module as generic instructions, as far as it takes to tell where one ends and the next begins.
//!
//! An instruction is a number of one byte and then its operands, each a compact term: three bits of tag, and a number in
//! the rest of the byte or in those behind it (OTP's `beam_asm`, and "The BEAM Book", chapter "Generic code").

use super::compact::{self, Compact, Number};

/// How many operands an instruction has, by its number from 1 on (OTP's `genop.tab`, to OTP 29).
const ARITIES: &[u8] = b"\
    1302322324523232110000211244444444444333333322222222222223331212333332\
    1101132225554211225552101224444312111263512235777532256222213408626545\
    454333330117155233400222343224312111630153246243635";

/// Marks a place that can be jumped to.
pub(super) const LABEL: u8 = 1;
/// Begins a function: module, name, arity.
pub(super) const FUNC_INFO: u8 = 2;
/// Ends the code.
pub(super) const INT_CODE_END: u8 = 3;

// Those that refer to the imports, to the funs, or to the strings, and those about lines.
pub(super) const CALL_EXT: u8 = 7;
pub(super) const CALL_EXT_LAST: u8 = 8;
pub(super) const BIF0: u8 = 9;
pub(super) const BIF1: u8 = 10;
pub(super) const BIF2: u8 = 11;
pub(super) const CALL_EXT_ONLY: u8 = 78;
pub(super) const BS_PUT_STRING: u8 = 92;
pub(super) const MAKE_FUN2: u8 = 103;
pub(super) const GC_BIF1: u8 = 124;
pub(super) const GC_BIF2: u8 = 125;
pub(super) const BS_MATCH_STRING: u8 = 132;
pub(super) const GC_BIF3: u8 = 152;
pub(super) const LINE: u8 = 153;
pub(super) const MAKE_FUN3: u8 = 171;
pub(super) const BS_CREATE_BIN: u8 = 177;
pub(super) const EXECUTABLE_LINE: u8 = 183;
pub(super) const DEBUG_LINE: u8 = 184;
pub(super) const BIF3: u8 = 185;

/// How deep operands may lie in operands; the compiler goes two deep.
const MAX_DEPTH: u8 = 4;

/// So many instructions and operands are read: each takes many times the memory of the byte that it may be.
const MOST_TERMS: usize = 1 << 20;

/// An operand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Operand {
    /// A count, a size, or an index of a table.
    Unsigned(u64),
    /// A number of any length, big-endian.
    Integer(Vec<u8>),
    /// An index of the atom table, from 1 on; 0 is the empty list.
    Atom(u64),
    X(u64),
    Y(u64),
    /// 0 for none.
    Label(u64),
    Character(u64),
    FloatRegister(u64),
    /// An index of the literal table.
    Literal(u64),
    Float([u8; 8]),
    List(Vec<Operand>),
    /// What is allocated: kind and number.
    Allocation(Vec<(u64, u64)>),
}

/// An instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Instruction {
    pub(super) number: u8,
    pub(super) operands: Vec<Operand>,
}

/// All instructions up to the end of the code; `None` if one of them is not known, or damaged, and if they and their operands
/// are more than 2^20.
pub(super) fn instructions(code: &[u8]) -> Option<Vec<Instruction>> {
    let mut reader = Reader { code, room: MOST_TERMS };
    let mut found = Vec::new();
    loop {
        let number = reader.byte()?;
        if number == INT_CODE_END {
            return Some(found);
        }
        reader.count()?;
        let arity = ARITIES.get(usize::from(number).checked_sub(1)?)? - b'0';
        let operands = (0..arity).map(|_| reader.operand(MAX_DEPTH)).collect::<Option<_>>()?;
        found.push(Instruction { number, operands });
    }
}

struct Reader<'a> {
    code: &'a [u8],
    /// How many terms may still come.
    room: usize,
}

impl Reader<'_> {
    fn count(&mut self) -> Option<()> {
        self.room = self.room.checked_sub(1)?;
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.code.split_first()?;
        self.code = rest;
        Some(first)
    }

    fn bytes(&mut self, count: usize) -> Option<Vec<u8>> {
        let (bytes, rest) = self.code.split_at_checked(count)?;
        self.code = rest;
        Some(bytes.to_vec())
    }

    fn operand(&mut self, depth: u8) -> Option<Operand> {
        self.count()?;
        let first = *self.code.first()?;
        match first & 0b111 {
            0 => self.value().map(Operand::Unsigned),
            1 => self.integer().map(Operand::Integer),
            2 => self.value().map(Operand::Atom),
            3 => self.value().map(Operand::X),
            4 => self.value().map(Operand::Y),
            5 => self.value().map(Operand::Label),
            6 => self.value().map(Operand::Character),
            _ => {
                self.byte()?;
                self.extended(first >> 4, depth.checked_sub(1)?)
            }
        }
    }

    fn extended(&mut self, kind: u8, depth: u8) -> Option<Operand> {
        match kind {
            0 => self.bytes(8)?.try_into().ok().map(Operand::Float),
            1 => {
                let count = self.unsigned()?;
                (0..count).map(|_| self.operand(depth)).collect::<Option<_>>().map(Operand::List)
            }
            2 => self.unsigned().map(Operand::FloatRegister),
            3 => {
                let count = self.unsigned()?;
                (0..count).map(|_| self.pair()).collect::<Option<_>>().map(Operand::Allocation)
            }
            4 => self.unsigned().map(Operand::Literal),
            // A register, and what the compiler knows of its type: that decides nothing.
            5 => {
                let register = self.operand(depth)?;
                self.unsigned()?;
                Some(register)
            }
            _ => None,
        }
    }

    fn pair(&mut self) -> Option<(u64, u64)> {
        self.count()?;
        Some((self.unsigned()?, self.unsigned()?))
    }

    fn unsigned(&mut self) -> Option<u64> {
        let is_unsigned = self.code.first()? & 0b111 == 0;
        if is_unsigned { self.value() } else { None }
    }

    /// The number of a term, whatever its tag.
    fn value(&mut self) -> Option<u64> {
        let (term, rest) = Compact::read(self.code)?;
        self.code = rest;
        Some(term.value)
    }

    fn integer(&mut self) -> Option<Vec<u8>> {
        let (_, number, rest) = compact::read(self.code)?;
        self.code = rest;
        Some(match number {
            Number::Small(number) => number.to_be_bytes().to_vec(),
            Number::Long(bytes) => bytes.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(tag: u8, value: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        Compact { tag, value }.write(&mut bytes);
        bytes
    }

    fn term(operand: &Operand) -> Vec<u8> {
        let extended = |kind: u8, more: Vec<u8>| [vec![kind << 4 | 7], more].concat();
        match operand {
            Operand::Unsigned(number) => encode(0, *number),
            Operand::Integer(_) => unreachable!("they are not made here"),
            Operand::Atom(number) => encode(2, *number),
            Operand::X(number) => encode(3, *number),
            Operand::Y(number) => encode(4, *number),
            Operand::Label(number) => encode(5, *number),
            Operand::Character(number) => encode(6, *number),
            Operand::Float(bytes) => extended(0, bytes.to_vec()),
            Operand::List(list) => extended(
                1,
                [vec![encode(0, list.len() as u64)], list.iter().map(term).collect()].concat().concat(),
            ),
            Operand::FloatRegister(number) => extended(2, encode(0, *number)),
            Operand::Allocation(pairs) => {
                let pairs = pairs.iter().flat_map(|(kind, number)| [encode(0, *kind), encode(0, *number)]);
                extended(
                    3,
                    [encode(0, operand_count(operand))].into_iter().chain(pairs).collect::<Vec<_>>().concat(),
                )
            }
            Operand::Literal(number) => extended(4, encode(0, *number)),
        }
    }

    fn operand_count(operand: &Operand) -> u64 {
        if let Operand::Allocation(pairs) = operand { pairs.len() as u64 } else { 0 }
    }

    fn operand() -> impl Strategy<Value = Operand> {
        let number = || prop_oneof![0u64..20, 2040u64..2060, any::<u32>().prop_map(u64::from), any::<u64>()];
        let simple = prop_oneof![
            number().prop_map(Operand::Unsigned),
            number().prop_map(Operand::Atom),
            number().prop_map(Operand::X),
            number().prop_map(Operand::Y),
            number().prop_map(Operand::Label),
            number().prop_map(Operand::Character),
            number().prop_map(Operand::FloatRegister),
            number().prop_map(Operand::Literal),
            any::<[u8; 8]>().prop_map(Operand::Float),
            proptest::collection::vec((0u64..3, number()), 0..3).prop_map(Operand::Allocation),
        ];
        prop_oneof![
            4 => simple.clone(),
            1 => proptest::collection::vec(simple, 0..20).prop_map(Operand::List)
        ]
    }

    fn instruction() -> impl Strategy<Value = Instruction> {
        let number = (1u8..=191).prop_filter("it would end the code", |number| *number != INT_CODE_END);
        let with_operands = |number: u8| {
            let arity = usize::from(ARITIES[usize::from(number) - 1] - b'0');
            let operands = proptest::collection::vec(operand(), arity);
            operands.prop_map(move |operands| Instruction { number, operands })
        };
        number.prop_flat_map(with_operands)
    }

    proptest! {
        #[test]
        fn instructions_are_read_as_they_are_written(code in proptest::collection::vec(instruction(), 0..20)) {
            let line = |instruction: &Instruction| {
                [vec![instruction.number], instruction.operands.iter().flat_map(term).collect()].concat()
            };
            let mut bytes: Vec<u8> = code.iter().flat_map(line).collect();
            bytes.push(INT_CODE_END);
            prop_assert_eq!(instructions(&bytes), Some(code));
            bytes.pop();
            prop_assert_eq!(instructions(&bytes), None);
        }

        #[test]
        fn damaged_code_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = instructions(&bytes);
        }
    }

    #[test]
    fn code_that_takes_too_much_memory_is_not_read() {
        const RETURN: u8 = 19;
        let all = |code: &[u8]| instructions(&[code, &[INT_CODE_END]].concat()).map(|all| all.len());
        assert_eq!(all(&vec![RETURN; MOST_TERMS]), Some(MOST_TERMS));
        assert_eq!(all(&vec![RETURN; MOST_TERMS + 1]), None);
        // An instruction whose operand is a list, or what is allocated, with 2^20 in it.
        for (kind, each) in [(0x17, 1), (0x37, 2)] {
            let mut code = vec![12, kind];
            Compact { tag: 0, value: 1 << 20 }.write(&mut code);
            code.extend(vec![0; each << 20]);
            code.push(0);
            assert_eq!(all(&code), None);
        }
    }

    #[test]
    fn code_of_a_later_erlang_is_not_guessed_at() {
        assert_eq!(instructions(&[255, INT_CODE_END]), None);
        assert_eq!(instructions(&[0, INT_CODE_END]), None);
        assert_eq!(instructions(&[INT_CODE_END, 255]), Some(Vec::new()));
    }
}
