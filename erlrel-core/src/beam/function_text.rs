//! A function as text that says all that it does and nothing else, for a digest.

use std::io::{self, Write};

use super::instructions::{Instruction, LABEL, Operand};
use super::outline::{Code, Fun, Function, is_about_lines};
use crate::digest::{Digest, DigestWriter};

/// The digest of what a function does; `None` if it refers to something that the module does not have.
pub(super) fn digest(code: &Code<'_>, function: &Function) -> Option<Digest> {
    let mut text = Text { code, function, out: DigestWriter::new(io::sink()) };
    function.instructions.iter().try_for_each(|instruction| text.instruction(instruction))?;
    Some(text.out.finish().1)
}

struct Text<'a> {
    code: &'a Code<'a>,
    function: &'a Function,
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
            // call_ext, call_ext_last, call_ext_only
            (7 | 8 | 78, [arity, Operand::Unsigned(import), more @ ..]) => {
                self.operand(arity)?;
                self.import(*import)?;
                self.operands(more)
            }
            // bif0
            (9, [Operand::Unsigned(import), more @ ..]) => {
                self.import(*import)?;
                self.operands(more)
            }
            // bif1, bif2, bif3: behind where to go on failure
            (10 | 11 | 185, [fail, Operand::Unsigned(import), more @ ..]) => {
                self.operand(fail)?;
                self.import(*import)?;
                self.operands(more)
            }
            // gc_bif1, gc_bif2, gc_bif3: behind that and the number of live registers
            (124 | 125 | 152, [fail, live, Operand::Unsigned(import), more @ ..]) => {
                self.operands(&[fail.clone(), live.clone()])?;
                self.import(*import)?;
                self.operands(more)
            }
            // make_fun2, make_fun3
            (103 | 171, [Operand::Unsigned(fun), more @ ..]) => {
                self.fun(*fun)?;
                self.operands(more)
            }
            // bs_put_string
            (92, [Operand::Unsigned(length), Operand::Unsigned(offset)]) => self.string(*offset, *length),
            // bs_match_string
            (132, [fail, context, Operand::Unsigned(bits), Operand::Unsigned(offset)]) => {
                self.operands(&[fail.clone(), context.clone(), Operand::Unsigned(*bits)])?;
                self.string(*offset, bits.div_ceil(8))
            }
            // bs_create_bin
            (177, [front @ .., Operand::List(segments)]) => {
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
                let literal = self.code.literals.get(usize::try_from(*index).ok()?)?;
                let digest = Digest::of(literal);
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
        self.put(&format!(" string {string:?}"))
    }

    fn put(&mut self, text: &str) -> Option<()> {
        self.out.write_all(text.as_bytes()).ok()
    }
}
