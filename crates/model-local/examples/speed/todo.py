"""A list of things to do, kept in a JSON file."""

import json
from pathlib import Path


class TodoList:
    """Items with a title, a state and tags."""

    def __init__(self, path):
        self.path = Path(path)
        self.items = []
        if self.path.exists():
            self.items = json.loads(self.path.read_text())

    def save(self):
        self.path.write_text(json.dumps(self.items, indent=2))

    def add(self, title, tags=()):
        item = {
            "id": self.next_id(),
            "title": title,
            "done": False,
            "tags": sorted(tags),
        }
        self.items.append(item)
        self.save()
        return item["id"]

    def next_id(self):
        return max((item["id"] for item in self.items), default=0) + 1

    def find(self, number):
        for item in self.items:
            if item["id"] == number:
                return item
        raise KeyError(number)

    def finish(self, number):
        self.find(number)["done"] = True
        self.save()

    def drop(self, number):
        self.items.remove(self.find(number))
        self.save()

    def tagged(self, tag):
        return [item for item in self.items if tag in item["tags"]]

    def open_items(self):
        return [item for item in self.items if not item["done"]]

    def summary(self):
        done = sum(item["done"] for item in self.items)
        return f"{done} of {len(self.items)} done"
