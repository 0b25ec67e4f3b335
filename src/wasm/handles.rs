//! Things that JavaScript owns by number.

/// What is owned, by handle. A handle is used again after its release.
pub(super) struct Handles<T> {
    places: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Handles<T> {
    fn default() -> Self {
        Handles { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Handles<T> {
    /// Holds `value`; its handle.
    pub(super) fn insert(&mut self, value: T) -> u32 {
        match self.free.pop() {
            Some(handle) => {
                self.places[handle as usize] = Some(value);
                handle
            }
            None => {
                self.places.push(Some(value));
                (self.places.len() - 1) as u32
            }
        }
    }

    /// What has a handle.
    pub(super) fn get(&mut self, handle: u32) -> Option<&mut T> {
        self.places.get_mut(handle as usize)?.as_mut()
    }

    /// Ends a handle; what had it.
    pub(super) fn take(&mut self, handle: u32) -> Option<T> {
        let value = self.places.get_mut(handle as usize)?.take()?;
        self.free.push(handle);
        Some(value)
    }

    /// All that is owned.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.places.iter_mut().flatten()
    }

    /// The same to look at.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.places.iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_used_again_after_its_release_alone() {
        let mut handles = Handles::default();
        assert_eq!((handles.insert('a'), handles.insert('b')), (0, 1));
        assert_eq!((handles.take(0), handles.take(0), handles.take(7)), (Some('a'), None, None));
        assert_eq!([handles.get(0).copied(), handles.get(1).copied()], [None, Some('b')]);
        assert_eq!((handles.insert('c'), handles.insert('d')), (0, 2));
        assert_eq!(handles.iter().collect::<String>(), "cbd");
    }
}
