//! From an ELF header to the architecture's name in an image.

use object::Endianness;
use object::elf::{
    EM_386, EM_AARCH64, EM_ARM, EM_LOONGARCH, EM_MIPS, EM_PPC, EM_PPC64, EM_RISCV, EM_S390, EM_X86_64,
};
use object::read::elf::FileHeader;

/// The `GOARCH` word, as the OCI image specification wants it, for a file's machine, class and byte order.
pub(super) fn name<H: FileHeader<Endian = Endianness>>(header: &H, endian: Endianness) -> String {
    let machine = header.e_machine(endian);
    let word = match (machine, header.is_class_64(), header.is_little_endian()) {
        (EM_X86_64, true, true) => "amd64",
        (EM_X86_64, false, true) => "amd64p32",
        (EM_386, false, true) => "386",
        (EM_AARCH64, true, true) => "arm64",
        (EM_ARM, false, true) => "arm",
        (EM_RISCV, true, true) => "riscv64",
        (EM_PPC64, true, true) => "ppc64le",
        (EM_PPC64, true, false) => "ppc64",
        (EM_PPC, false, false) => "ppc",
        (EM_S390, true, false) => "s390x",
        (EM_LOONGARCH, true, true) => "loong64",
        (EM_MIPS, true, true) => "mips64le",
        (EM_MIPS, true, false) => "mips64",
        (EM_MIPS, false, true) => "mipsle",
        (EM_MIPS, false, false) => "mips",
        _ => return format!("machine {}", machine.0),
    };
    word.into()
}

#[cfg(test)]
mod tests {
    use crate::elf::parse;

    /// The 52 or 64 bytes of a header without any program header.
    fn header(class: u8, order: u8, machine: u16) -> Vec<u8> {
        let two = |value: u16| if order == 1 { value.to_le_bytes() } else { value.to_be_bytes() };
        let mut bytes = [b"\x7fELF".as_slice(), &[class, order, 1]].concat();
        bytes.resize(16, 0);
        bytes.extend([two(3), two(machine)].concat());
        bytes.resize(if class == 1 { 52 } else { 64 }, 0);
        bytes
    }

    #[test]
    fn architectures_have_the_names_that_images_use() {
        let of =
            |class, order, machine| parse(&header(class, order, machine)).expect("a header").architecture;
        assert_eq!(of(2, 1, 62), "amd64");
        assert_eq!(of(1, 1, 62), "amd64p32");
        assert_eq!(of(1, 1, 3), "386");
        assert_eq!(of(2, 1, 183), "arm64");
        assert_eq!(of(1, 1, 40), "arm");
        assert_eq!(of(2, 1, 243), "riscv64");
        assert_eq!(of(2, 1, 21), "ppc64le");
        assert_eq!(of(2, 2, 22), "s390x");
        assert_eq!(of(2, 1, 258), "loong64");
        assert_eq!(of(2, 1, 9999), "machine 9999");
    }
}
