//! The task graph: who waits for whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::fact::TaskRecord;

/// Tasks with their dependencies, known to have no cycle and no dangling name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    order: Vec<String>,
    needs: BTreeMap<String, Vec<String>>,
}

/// A tasks file whose dependencies cannot be followed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum GraphError {
    /// Two tasks have the same id.
    #[error("two tasks have the number {0}; give one of them another")]
    Duplicate(String),
    /// A dependency names no task.
    #[error("task {task} depends on {missing}, which is no task of this file")]
    Missing {
        /// The task that depends.
        task: String,
        /// What it names.
        missing: String,
    },
    /// Tasks wait for each other in a circle.
    #[error("tasks wait for each other in a circle: {}", .0.join(" → "))]
    Cycle(Vec<String>),
}

impl Graph {
    /// Builds the graph of a tasks file.
    ///
    /// # Errors
    /// When ids repeat, a dependency names no task, or tasks wait for each other in a circle.
    pub fn new(tasks: &[TaskRecord]) -> Result<Graph, GraphError> {
        let mut graph = Graph::default();
        for task in tasks {
            graph.order.push(task.id.clone());
            let before = graph.needs.insert(task.id.clone(), task.depends_on.clone());
            if before.is_some() {
                return Err(GraphError::Duplicate(task.id.clone()));
            }
        }
        graph.check_names()?;
        graph.check_cycles()?;
        Ok(graph)
    }

    /// What `task` waits for directly.
    pub fn needs(&self, task: &str) -> &[String] {
        self.needs.get(task).map_or(&[], Vec::as_slice)
    }

    /// Every task that waits for `task`, directly or through others.
    pub fn dependents(&self, task: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::from([task.to_owned()]);
        loop {
            let more: Vec<String> = self
                .needs
                .iter()
                .filter(|(id, needs)| {
                    !found.contains(*id) && needs.iter().any(|it| found.contains(it))
                })
                .map(|(id, _)| id.clone())
                .collect();
            if more.is_empty() {
                found.remove(task);
                return found;
            }
            found.extend(more);
        }
    }

    fn check_names(&self) -> Result<(), GraphError> {
        for (task, needs) in &self.needs {
            if let Some(missing) = needs.iter().find(|it| !self.needs.contains_key(*it)) {
                return Err(GraphError::Missing {
                    task: task.clone(),
                    missing: missing.clone(),
                });
            }
        }
        Ok(())
    }

    /// Takes away tasks that wait for nothing left, again and again; what remains holds a circle.
    fn check_cycles(&self) -> Result<(), GraphError> {
        let mut waiting: BTreeMap<&String, usize> = BTreeMap::new();
        let mut dependents: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
        for (task, needs) in &self.needs {
            waiting.insert(task, needs.len());
            for need in needs {
                dependents.entry(need).or_default().push(task);
            }
        }
        let mut left: BTreeSet<&String> = self.needs.keys().collect();
        let free = waiting.iter().filter(|(_, count)| **count == 0);
        let mut free: Vec<&String> = free.map(|(task, _)| *task).collect();
        while let Some(task) = free.pop() {
            left.remove(task);
            for other in dependents.get(task).into_iter().flatten() {
                if let Some(count) = waiting.get_mut(other) {
                    *count -= 1;
                    free.extend((*count == 0).then_some(*other));
                }
            }
        }
        match left.iter().next() {
            None => Ok(()),
            Some(start) => Err(GraphError::Cycle(self.circle_from(start, &left))),
        }
    }

    fn circle_from(&self, start: &str, left: &BTreeSet<&String>) -> Vec<String> {
        let mut path = vec![start.to_owned()];
        let mut places = BTreeMap::from([(start.to_owned(), 0)]);
        let mut at = start.to_owned();
        while let Some(next) = self.needs(&at).iter().find(|it| left.contains(it)) {
            if let Some(from) = places.get(next) {
                let mut circle = path.split_off(*from);
                circle.push(next.clone());
                return circle;
            }
            places.insert(next.clone(), path.len());
            path.push(next.clone());
            at = next.clone();
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(lines: &[(&str, &[&str])]) -> Result<Graph, GraphError> {
        let tasks: Vec<TaskRecord> = lines
            .iter()
            .map(|(id, needs)| TaskRecord {
                id: (*id).into(),
                title: String::new(),
                depends_on: needs.iter().map(|it| (*it).into()).collect(),
                requirements: vec![],
                files: vec![],
                fingerprint: String::new(),
                prints: Vec::new(),
                ticked: false,
            })
            .collect();
        Graph::new(&tasks)
    }

    #[test]
    fn refuses_what_cannot_be_followed() {
        let message = |it: Result<Graph, GraphError>| it.expect_err("refused").to_string();
        assert_eq!(
            message(graph(&[("1", &["3"]), ("2", &["1"]), ("3", &["2"])])),
            "tasks wait for each other in a circle: 1 → 3 → 2 → 1"
        );
        assert_eq!(
            message(graph(&[("1", &["9"])])),
            "task 1 depends on 9, which is no task of this file"
        );
        assert_eq!(
            message(graph(&[("1", &[]), ("1", &[])])),
            "two tasks have the number 1; give one of them another"
        );
        assert!(message(graph(&[("1", &["1"])])).contains("1 → 1"));
    }

    #[test]
    fn dependents_are_found_through_others() {
        let graph = graph(&[("1", &[]), ("2", &["1"]), ("3", &["2"]), ("4", &[])]).expect("fine");
        assert_eq!(
            graph.dependents("1"),
            BTreeSet::from(["2".to_owned(), "3".to_owned()])
        );
        assert!(graph.dependents("4").is_empty());
    }
}
