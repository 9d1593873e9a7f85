//! The memory that Argon2 works in, kept from one hash to the next.
//!
//! An allocator that hands out 19 MiB for each hash, on whichever thread computes it, keeps them for
//! that thread: after some log-ins the process holds as many times 19 MiB as there were threads. So
//! there is one workspace for each hash that may run at a time, made when it is first needed, and
//! wiped after each use.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::{Argon2, Block};
use zeroize::Zeroize as _;

/// Memory for one hash at a time.
#[derive(Debug)]
pub(super) struct Workspace {
    blocks: Vec<Block>,
}

impl Workspace {
    /// Memory of `size` blocks of 1 KiB.
    pub(super) fn new(size: usize) -> Self {
        Self { blocks: vec![Block::default(); size] }
    }

    /// Computes a hash in this memory; in memory of its own where this is too little, as it may be
    /// for a hash that another system made.
    ///
    /// # Errors
    /// Password, salt or output are shorter or longer than Argon2 takes.
    pub(super) fn compute(
        &mut self,
        argon2: &Argon2<'_>,
        password: &[u8],
        salt: &[u8],
        output: &mut [u8],
    ) -> argon2::Result<()> {
        let Some(blocks) = self.blocks.get_mut(..argon2.params().block_count()) else {
            return argon2.hash_password_into(password, salt, output);
        };
        let computed = argon2.hash_password_into_with_memory(password, salt, output, &mut *blocks);
        blocks.iter_mut().for_each(Block::zeroize);
        computed
    }
}

/// The workspaces that nobody works in. Whoever takes one holds a turn to compute, so there are
/// never more than turns.
#[derive(Debug, Clone)]
pub(super) struct Workspaces {
    idle: Arc<Mutex<Vec<Workspace>>>,
    size: usize,
}

impl Workspaces {
    /// None yet; each will have `size` blocks.
    pub(super) fn new(size: usize) -> Self {
        Self { idle: Arc::default(), size }
    }

    /// Does some work in one of them.
    pub(super) fn lend<T>(&self, work: impl FnOnce(&mut Workspace) -> T) -> T {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let mut workspace = taken.unwrap_or_else(|| Workspace::new(self.size));
        let result = work(&mut workspace);
        idle().push(workspace);
        result
    }
}

#[cfg(test)]
mod tests {
    use argon2::{Algorithm, Params, Version};

    use super::*;

    fn argon2(memory: u32) -> Argon2<'static> {
        let params = Params::new(memory, 1, 1, None).unwrap();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
    }

    fn is_wiped(workspace: &Workspace) -> bool {
        workspace.blocks.iter().all(|block| block.as_ref().iter().all(|word| *word == 0))
    }

    #[test]
    fn memory_that_was_used_before_or_is_too_little_changes_no_hash_and_keeps_nothing() {
        let mut workspace = Workspace::new(64);
        for memory in [64, 32, 128, 64] {
            let argon2 = argon2(memory);
            let (mut found, mut expected) = ([0; 32], [0; 32]);
            workspace.compute(&argon2, b"barking", b"saltsalt", &mut found).unwrap();
            argon2.hash_password_into(b"barking", b"saltsalt", &mut expected).unwrap();
            assert_eq!(found, expected, "{memory}");
            assert!(is_wiped(&workspace), "{memory}");
        }
    }

    #[test]
    fn one_is_lent_again_and_again() {
        let all = Workspaces::new(8);
        let address = || all.lend(|workspace| workspace.blocks.as_ptr());
        assert_eq!(address(), address());
        all.lend(|_| all.lend(|_| ()));
        assert_eq!(all.idle.lock().unwrap().len(), 2);
    }
}
