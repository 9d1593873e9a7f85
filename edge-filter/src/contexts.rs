//! Contexts by their numbers.

/// Streams come and go with every request, so finding one has to take few instructions in few
/// places: hosts count contexts up, and those that are open spread evenly over so many lists.
const LISTS: usize = 256;

/// What belongs to each context that is open.
pub(crate) struct Contexts<T>([Vec<(u32, T)>; LISTS]);

impl<T> Default for Contexts<T> {
    fn default() -> Self {
        Self([const { Vec::new() }; LISTS])
    }
}

impl<T> Contexts<T> {
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        let list = self.0.get(place(number))?;
        list.iter().find(|(other, _)| *other == number).map(|(_, context)| context)
    }

    pub(crate) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let list = self.0.get_mut(place(number))?;
        list.iter_mut().find(|(other, _)| *other == number).map(|(_, context)| context)
    }

    /// A host has each number once.
    pub(crate) fn insert(&mut self, number: u32, context: T) {
        if let Some(list) = self.0.get_mut(place(number)) {
            list.push((number, context));
        }
    }

    pub(crate) fn remove(&mut self, number: u32) -> Option<T> {
        let list = self.0.get_mut(place(number))?;
        let at = list.iter().position(|(other, _)| *other == number)?;
        Some(list.swap_remove(at).1)
    }
}

fn place(number: u32) -> usize {
    number as usize % LISTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_context_has_its_own_as_long_as_it_is_open() {
        let mut contexts = Contexts::default();
        // Hosts count on when they begin anew.
        let numbers: Vec<u32> = (0..2000).chain(u32::MAX - 10..=u32::MAX).collect();
        numbers.iter().for_each(|number| contexts.insert(*number, u64::from(*number)));
        for number in numbers.iter().filter(|number| *number % 3 == 0) {
            assert_eq!(contexts.remove(*number), Some(u64::from(*number)));
            assert_eq!(contexts.remove(*number), None);
        }
        for number in numbers {
            let kept = (number % 3 != 0).then_some(u64::from(number));
            assert_eq!(contexts.get(number).copied(), kept, "{number}");
            assert_eq!(contexts.get_mut(number).copied(), kept, "{number}");
        }
        assert_eq!(contexts.get(5000), None);
    }
}
