//! A wrapper cannot keep an operation that borrows the wrapper's own bytes.

pub struct Operation<'a> {
    pub bytes: &'a [u8],
}

pub struct Masked<'a> {
    pub masked: Vec<u8>,
    pub operation: Option<Operation<'a>>,
}

impl<'a> Masked<'a> {
    pub fn start(&mut self, bytes: &[u8]) {
        self.masked = bytes.to_ascii_uppercase();
        #[cfg(not(control))]
        let bytes: &'a [u8] = &self.masked; // refused: lifetime may not live long enough
        #[cfg(control)]
        let bytes: &'a [u8] = b"not its own";
        self.operation = Some(Operation { bytes });
    }
}
