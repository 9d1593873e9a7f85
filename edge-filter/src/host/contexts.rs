//! Contexts by their numbers.

/// Streams come and go with every request, so finding one has to take few instructions in few
/// places: hosts count contexts up, and those that are open spread evenly over so many lists.
const LISTS: usize = 256;

/// What belongs to each context that is open.
pub(super) struct Contexts<T>([Vec<(u32, T)>; LISTS]);

impl<T> Default for Contexts<T> {
    fn default() -> Self {
        Self([const { Vec::new() }; LISTS])
    }
}

impl<T> Contexts<T> {
    pub(super) fn get(&self, number: u32) -> Option<&T> {
        let list = self.0.get(place(number))?;
        list.iter().find(|(other, _)| *other == number).map(|(_, context)| context)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let list = self.0.get_mut(place(number))?;
        list.iter_mut().find(|(other, _)| *other == number).map(|(_, context)| context)
    }

    /// A host has each number once.
    pub(super) fn insert(&mut self, number: u32, context: T) {
        if let Some(list) = self.0.get_mut(place(number)) {
            list.push((number, context));
        }
    }

    pub(super) fn remove(&mut self, number: u32) -> Option<T> {
        let list = self.0.get_mut(place(number))?;
        let at = list.iter().position(|(other, _)| *other == number)?;
        Some(list.swap_remove(at).1)
    }
}

fn place(number: u32) -> usize {
    number as usize % LISTS
}
