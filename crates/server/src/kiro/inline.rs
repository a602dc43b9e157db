//! What the built-in model suggests at the cursor.

use session::{Cancel, Cursor};

use crate::hub::Hub;
use crate::rpc::RpcError;
use crate::wire;

pub(super) fn complete(
    hub: &Hub,
    wanted: wire::Complete,
    cancel: &Cancel,
) -> Result<wire::Completed, RpcError> {
    let environment = hub.environment(wanted.here.root.as_deref())?;
    let cursor = Cursor {
        path: wanted.path,
        before: wanted.before,
        after: wanted.after,
    };
    let text = hub.inline().suggest(&cursor, &environment, cancel)?;
    Ok(wire::Completed { text })
}
