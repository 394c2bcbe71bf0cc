//! What a member takes along of pictures: all of them, as they are kept.

use async_trait::async_trait;
use serde_json::{Value, json};
use xinghe_core::AuthorId;
use xinghe_core::portable::{Described, Portable, Sink};
use xinghe_core::ports::PortResult;

use crate::commands::Pictures;
use crate::store;

/// Pictures whose rows are read at once.
const STEP: usize = 100;

#[async_trait]
impl Portable for Pictures {
    fn files(&self) -> &'static [Described] {
        &[
            Described {
                path: "pictures/*.webp, pictures/*.jpg",
                en: "pictures that one added, by the names by which texts show them",
                zh: "自己添加的图片，文件名就是文中引用的名字",
            },
            Described {
                path: "pictures.json",
                en: "the same as a list: `name`, `bytes`, `at`",
                zh: "图片清单：名字、大小、时间",
            },
        ]
    }

    async fn export(&self, member: AuthorId, into: &mut dyn Sink) -> PortResult<()> {
        let (mut list, mut before): (Vec<Value>, _) = (Vec::new(), None);
        loop {
            let some = store::pictures(&self.store, member, before, STEP).await?;
            for picture in &some {
                // Swept meanwhile, it is not missed.
                if let Some(content) = store::content(&self.store, &picture.name).await? {
                    into.file(&format!("pictures/{}", picture.name), &content).await?;
                    list.push(json!({ "name": picture.name.to_string(), "bytes": picture.bytes, "at": picture.at }));
                }
            }
            before = some.last().map(|p| p.id);
            if some.len() < STEP {
                break;
            }
        }
        into.json("pictures.json", &json!(list)).await
    }
}
