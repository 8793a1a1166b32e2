//! Reads the import section of a wasm module (WebAssembly core specification, "Binary Format", 5.5.5).

/// Returns `module.name` of each import, or nothing when the bytes are not wasm.
pub(crate) fn imports(bytes: &[u8]) -> Option<Vec<String>> {
    let mut module = Bytes(bytes.strip_prefix(b"\0asm\x01\0\0\0")?);
    let mut list = Vec::new();
    while !module.0.is_empty() {
        let id = module.byte()?;
        let length = module.number()?;
        let mut section = Bytes(module.take(length)?);
        if id == IMPORT_SECTION {
            for _ in 0..section.number()? {
                list.push(format!("{}.{}", section.name()?, section.name()?));
                section.skip_kind()?;
            }
        }
    }
    Some(list)
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// Reads an unsigned LEB128 number of at most 32 bits.
    fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            number |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn name(&mut self) -> Option<String> {
        let length = self.number()?;
        self.take(length).map(|name| String::from_utf8_lossy(name).into_owned())
    }

    fn limits(&mut self) -> Option<()> {
        let has_maximum = self.byte()? & 1 == 1;
        self.number()?;
        if has_maximum { self.number().map(drop) } else { Some(()) }
    }

    /// Steps over what is imported: a function, table, memory, global or tag.
    fn skip_kind(&mut self) -> Option<()> {
        match self.byte()? {
            0 => self.number().map(drop),
            1 => self.byte().and_then(|_| self.limits()),
            2 => self.limits(),
            3 => self.take(2).map(drop),
            4 => self.byte().and_then(|_| self.number()).map(drop),
            _ => None,
        }
    }
}

const IMPORT_SECTION: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"\0asm\x01\0\0\0";

    fn module(sections: &[&[u8]]) -> Vec<u8> {
        [HEAD, &sections.concat()].concat()
    }

    #[test]
    fn a_module_without_imports_has_none() {
        // A custom section "x" and an empty type section.
        let bytes = module(&[b"\x00\x03\x01xy", b"\x01\x01\x00"]);
        assert_eq!(imports(&bytes), Some(vec![]));
        assert_eq!(imports(HEAD), Some(vec![]));
        assert_eq!(imports(&module(&[b"\x02\x01\x00"])), Some(vec![]));
    }

    #[test]
    fn every_kind_of_import_is_named() {
        let entries: &[&[u8]] = &[
            b"\x01a\x01f\x00\x05",             // function of type 5
            b"\x01a\x01t\x01\x70\x00\x01",     // table of funcref, at least 1
            b"\x01a\x01m\x02\x01\x01\x80\x02", // memory, 1 to 256 pages
            b"\x01a\x01g\x03\x7f\x01",         // mutable global i32
            b"\x03env\x01e\x04\x00\x00",       // tag
        ];
        let body = [b"\x05".as_slice(), &entries.concat()].concat();
        let bytes = module(&[b"\x01\x01\x00", &[2, body.len() as u8], &body, b"\x0a\x01\x00"]);
        assert_eq!(imports(&bytes).unwrap(), ["a.f", "a.t", "a.m", "a.g", "env.e"]);
    }

    #[test]
    fn what_is_cut_off_or_not_wasm_is_refused() {
        assert_eq!(imports(b"GIF89a"), None);
        assert_eq!(imports(&module(&[b"\x02\x09\x01\x01a"])), None);
        assert_eq!(imports(&module(&[b"\x02\x05\x01\x01a\x01f"])), None);
        assert_eq!(imports(&module(&[b"\x00\xff\xff\xff\xff\xff"])), None);
    }
}
