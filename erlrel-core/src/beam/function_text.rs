//! A function as text that says all that it does and nothing else, for a digest.

use std::io::{self, Write};

use super::instructions::{
    BIF0, BIF1, BIF2, BIF3, BS_CREATE_BIN, BS_MATCH_STRING, BS_PUT_STRING, CALL_EXT, CALL_EXT_LAST,
    CALL_EXT_ONLY, GC_BIF1, GC_BIF2, GC_BIF3, Instruction, LABEL, MAKE_FUN2, MAKE_FUN3, Operand,
};
use super::outline::{Code, Fun, Function, is_about_lines};
use crate::digest::{Digest, DigestWriter};

/// So long the text of a whole module may be. What has a thousand bytes can be referred to in two, a million times.
pub(super) const LONGEST: usize = 64 << 20;

/// The digest of what a function does; `None` if it refers to something that the module does not have, and when its text is
/// longer than there is `room`, which then is that much less.
pub(super) fn digest(code: &Code<'_>, function: &Function, room: &mut usize) -> Option<Digest> {
    let mut text = Text { code, function, room, out: DigestWriter::new(io::sink()) };
    function.instructions.iter().try_for_each(|instruction| text.instruction(instruction))?;
    Some(text.out.finish().1)
}

struct Text<'a> {
    code: &'a Code<'a>,
    function: &'a Function,
    room: &'a mut usize,
    out: DigestWriter<io::Sink>,
}

impl Text<'_> {
    fn instruction(&mut self, instruction: &Instruction) -> Option<()> {
        let Instruction { number, operands } = instruction;
        if is_about_lines(*number) {
            return Some(());
        }
        self.put(&format!("\n{number}"))?;
        match (number, operands.as_slice()) {
            (&LABEL, [Operand::Unsigned(label)]) => self.label(*label),
            (&(CALL_EXT | CALL_EXT_LAST | CALL_EXT_ONLY), [arity, Operand::Unsigned(import), more @ ..]) => {
                self.operand(arity)?;
                self.import(*import)?;
                self.operands(more)
            }
            (&BIF0, [Operand::Unsigned(import), more @ ..]) => {
                self.import(*import)?;
                self.operands(more)
            }
            // Behind where to go on failure.
            (&(BIF1 | BIF2 | BIF3), [fail, Operand::Unsigned(import), more @ ..]) => {
                self.operand(fail)?;
                self.import(*import)?;
                self.operands(more)
            }
            // Behind that and the number of live registers.
            (&(GC_BIF1 | GC_BIF2 | GC_BIF3), [fail, live, Operand::Unsigned(import), more @ ..]) => {
                self.operands(&[fail.clone(), live.clone()])?;
                self.import(*import)?;
                self.operands(more)
            }
            (&(MAKE_FUN2 | MAKE_FUN3), [Operand::Unsigned(fun), more @ ..]) => {
                self.fun(*fun)?;
                self.operands(more)
            }
            (&BS_PUT_STRING, [Operand::Unsigned(length), Operand::Unsigned(offset)]) => {
                self.string(*offset, *length)
            }
            (&BS_MATCH_STRING, [fail, context, Operand::Unsigned(bits), Operand::Unsigned(offset)]) => {
                self.operands(&[fail.clone(), context.clone(), Operand::Unsigned(*bits)])?;
                self.string(*offset, bits.div_ceil(8))
            }
            (&BS_CREATE_BIN, [front @ .., Operand::List(segments)]) => {
                self.operands(front)?;
                segments.chunks(6).try_for_each(|segment| self.segment(segment))
            }
            (_, operands) => self.operands(operands),
        }
    }

    /// Type, segment, unit, flags, value, size; the value of a string is its place in the table.
    fn segment(&mut self, segment: &[Operand]) -> Option<()> {
        match segment {
            [Operand::Atom(kind), .., Operand::Unsigned(offset), Operand::Integer(size)]
                if self.atom(*kind)? == "string" =>
            {
                let size = size
                    .iter()
                    .try_fold(0u64, |size, byte| size.checked_mul(256)?.checked_add(u64::from(*byte)))?;
                self.put(" string")?;
                self.string(*offset, size)
            }
            segment => self.operands(segment),
        }
    }

    fn operands(&mut self, operands: &[Operand]) -> Option<()> {
        operands.iter().try_for_each(|operand| self.operand(operand))
    }

    fn operand(&mut self, operand: &Operand) -> Option<()> {
        match operand {
            Operand::Label(label) => self.label(*label),
            Operand::Atom(0) => self.put(" nil"),
            Operand::Atom(atom) => {
                let atom = self.atom(*atom)?;
                self.put(&format!(" {atom:?}"))
            }
            Operand::Literal(index) => {
                let digest = self.code.literals.get(usize::try_from(*index).ok()?)?;
                self.put(&format!(" literal {digest}"))
            }
            Operand::List(list) => {
                self.put(&format!(" [{}", list.len()))?;
                self.operands(list)
            }
            operand => self.put(&format!(" {operand:?}")),
        }
    }

    fn atom(&self, index: u64) -> Option<String> {
        self.code.atoms.get(u32::try_from(index).ok()?)
    }

    /// One's own by its place among them; one of another function is where that begins.
    fn label(&mut self, label: u64) -> Option<()> {
        if label == 0 {
            return self.put(" no label");
        }
        let (at, place) = *self.code.labels.get(&label)?;
        let owner = self.code.functions.get(at)?;
        if std::ptr::eq(owner, self.function) {
            return self.put(&format!(" label {place}"));
        }
        let (name, arity) = &owner.name;
        self.put(&format!(" {name}/{arity} {place}"))
    }

    fn import(&mut self, index: u64) -> Option<()> {
        let [module, name, arity] = *self.code.imports.get(usize::try_from(index).ok()?)?;
        let (module, name) = (self.code.atoms.get(module)?, self.code.name(name, arity)?);
        self.put(&format!(" {module}:{name}"))
    }

    fn fun(&mut self, index: u64) -> Option<()> {
        let Fun { name, arity, free } = self.code.funs.get(usize::try_from(index).ok()?)?;
        let name = self.code.name(*name, *arity)?;
        self.put(&format!(" fun {name} {free}"))
    }

    fn string(&mut self, offset: u64, length: u64) -> Option<()> {
        let (offset, length) = (usize::try_from(offset).ok()?, usize::try_from(length).ok()?);
        let string = self.code.strings.get(offset..)?.get(..length)?;
        self.count(length)?;
        self.put(&format!(" string {length} {}", Digest::of(string)))
    }

    fn count(&mut self, length: usize) -> Option<()> {
        *self.room = self.room.checked_sub(length)?;
        Some(())
    }

    fn put(&mut self, text: &str) -> Option<()> {
        self.count(text.len())?;
        self.out.write_all(text.as_bytes()).ok()
    }
}
