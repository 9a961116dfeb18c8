//! The last lines of the audit log, for whoever tries the product: written to standard output as on Lambda,
//! and kept here besides.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

/// How many lines are kept.
const MOST: usize = 100;

/// The last audit lines, oldest first; copies share them.
#[derive(Clone, Default)]
pub struct RecentAudit(Arc<Mutex<VecDeque<Value>>>);

impl RecentAudit {
    pub fn lines(&self) -> Vec<Value> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().cloned().collect()
    }

    fn keep(&self, line: Value) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == MOST {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

/// Standard output, of whose log lines those of the audit log are kept.
pub struct Tee(pub RecentAudit);

impl Write for Tee {
    /// Log lines come whole, one or several.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let lines = bytes.split(|byte| *byte == b'\n');
        for line in lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok()) {
            // Only audit lines have an event; others have a level.
            if line.get("event").is_some() && line.get("level").is_none() {
                self.0.keep(line);
            }
        }
        io::stdout().write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stdout().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_audit_lines_are_kept_and_no_others() {
        let recent = RecentAudit::default();
        let mut tee = Tee(recent.clone());
        let line = |number: usize| format!("{{\"event\":\"sent\",\"number\":{number}}}\n");
        for number in 0..MOST {
            tee.write_all(line(number).as_bytes()).unwrap();
        }
        let at_once = line(MOST) + &line(MOST + 1);
        tee.write_all(at_once.as_bytes()).unwrap();
        let other = "{\"level\":\"INFO\",\"event\":\"x\"}\n{}\nno JSON\n";
        tee.write_all(other.as_bytes()).unwrap();
        let lines = recent.lines();
        assert_eq!(lines.len(), MOST);
        assert_eq!(
            (&lines[0]["number"], &lines[99]["number"]),
            (&2.into(), &101.into())
        );
    }
}
