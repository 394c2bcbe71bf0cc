//! Whether an index could not be opened because of the machine and not because of what is written in it.

use std::io::{Error, ErrorKind};

use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError};

use super::IndexError;

/// Too many open files in the process, and in the system: POSIX has no kind of their own in the standard library.
const TOO_MANY_FILES: [i32; 2] = [24, 23];

/// Whether another try at another time, or with other rights, may open the same index: memory, files or space ran
/// out, or the folder belongs to somebody else. What is written is then nothing to throw away.
pub(super) fn is_to_blame(error: &IndexError) -> bool {
    let cause = match error {
        IndexError::Folder(cause) | IndexError::Records(heed::Error::Io(cause)) => cause,
        IndexError::Tantivy(error) => match error {
            TantivyError::SystemError(_) => return true,
            TantivyError::IoError(cause)
            | TantivyError::OpenReadError(OpenReadError::IoError { io_error: cause, .. })
            | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error: cause, .. })
            | TantivyError::OpenDirectoryError(OpenDirectoryError::IoError { io_error: cause, .. })
            | TantivyError::LockFailure(LockError::IoError(cause), _) => cause.as_ref(),
            _ => return false,
        },
        _ => return false,
    };
    passing(cause)
}

fn passing(cause: &Error) -> bool {
    let kinds = [
        ErrorKind::OutOfMemory,
        ErrorKind::PermissionDenied,
        ErrorKind::ReadOnlyFilesystem,
        ErrorKind::StorageFull,
        ErrorKind::QuotaExceeded,
        ErrorKind::WouldBlock,
        ErrorKind::Interrupted,
    ];
    kinds.contains(&cause.kind()) || cause.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_lacks_is_no_damage() {
        for code in [12, 13, 23, 24, 28, 30] {
            let error = Error::from_raw_os_error(code);
            assert!(is_to_blame(&IndexError::Records(heed::Error::Io(error))), "{code}");
        }
        let mapped = OpenReadError::wrap_io_error(Error::from(ErrorKind::OutOfMemory), "x".into());
        assert!(is_to_blame(&TantivyError::from(mapped).into()));
        assert!(!is_to_blame(&TantivyError::from(OpenReadError::FileDoesNotExist("x".into())).into()));
        assert!(!is_to_blame(&IndexError::Folder(Error::from(ErrorKind::InvalidData))));
    }
}
