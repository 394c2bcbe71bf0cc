//! How much of a text stood in earlier posts: the smallest hashes of its shingles are kept, and compared.

use xinghe_text::norm::fold_str;

use super::features::hash;

/// Characters of a shingle.
const LENGTH: usize = 9;
/// How many hashes are kept of a text.
pub(crate) const KEPT: usize = 24;
/// Texts shorter than this say nothing by being alike, in characters.
const SHORTEST: usize = 40;

/// The sketch of a text: its smallest hashes, ascending; empty where it is too short to tell.
pub(crate) fn sketch(title: &str, body: &str) -> Vec<i64> {
    let text = fold_str(&xinghe_text::plain(&format!("{title}\n{body}")));
    let letters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    if letters.len() < SHORTEST {
        return vec![];
    }
    let mut all: Vec<i64> = letters
        .windows(LENGTH)
        .map(|w| {
            // FNV is weak in its high bits, by which the smallest are chosen.
            let mixed = hash(&String::from_iter(w));
            let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            i64::try_from(mixed >> 1).unwrap_or_default()
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    all.truncate(KEPT);
    all
}

/// How alike two texts are by their sketches, 0 to 1.
pub(crate) fn alike(a: &[i64], b: &[i64]) -> f32 {
    let mut both: Vec<i64> = a.iter().chain(b).copied().collect();
    both.sort_unstable();
    both.dedup();
    both.truncate(KEPT);
    let shared = both.iter().filter(|h| a.binary_search(h).is_ok() && b.binary_search(h).is_ok()).count();
    if both.is_empty() { 0.0 } else { shared as f32 / both.len() as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_alike_and_others_are_not() {
        let text = "我们把日志库换成了结构化的，每条都带请求号，排查问题时可以把一次请求经过的所有服务串起来看，省了很多时间。";
        let a = sketch("", text);
        assert!(alike(&a, &sketch("", &format!("转：{text}"))) > 0.8);
        let other =
            "今天讲一讲如何给嵌入式设备写驱动，先从时钟和中断开始，再到直接内存访问，最后是低功耗模式的坑和测量办法。";
        assert!(alike(&a, &sketch("", other)) < 0.1);
        assert!(sketch("", "谢谢").is_empty(), "everybody says that");
        assert!(alike(&[], &[]) < 0.1);
    }
}
