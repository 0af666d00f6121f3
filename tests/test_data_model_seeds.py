"""The readers of the five seeds' notations find every name, nested ones and values too."""

from __future__ import annotations

from tests.data_model import seeds


def test_prisma_models_give_fields_keys_of_json_and_enums() -> None:
    text = """
model Shelf {
  id     String @id @default(auto())
  size   Json?  // { width, depth, etc. }
  wood   String // "oak", "pine"
  books  Book[]

  @@index([id])
}
enum Mood {
  CALM // most days
}
"""
    assert seeds.prisma(text) == {
        "Shelf": {"id": [], "size": [], "size.width": [], "size.depth": [], "wood": ["oak", "pine"], "books": []},
        "enum Mood": {"CALM": []},
    }


def test_create_table_gives_fields_values_and_keys_of_examples() -> None:
    text = """
CREATE TABLE shelves (
    -- Key
    id UUID PRIMARY KEY,
    wood VARCHAR(20) NOT NULL DEFAULT 'oak',
    -- Options: 'oak', 'pine'
    books JSONB DEFAULT '[]',
    CHECK (wood IN ('oak', 'pine'))
);

**books example:**
```json
[{"title": "Emma", "pages": 474}]
```
"""
    assert seeds.sql(text) == {
        "shelves": {"id": [], "wood": ["oak", "pine"], "books": [], "books.title": [], "books.pages": []}
    }


def test_columns_without_create_give_fields_and_quoted_values() -> None:
    text = """
```sql
shelves (
  id      TEXT PRIMARY KEY,   -- the room (e.g., 'hall')
  wood    TEXT DEFAULT 'oak', -- 'oak' | 'pine'
  FOREIGN KEY (id) REFERENCES rooms(id)
)
```
"""
    assert seeds.columns(text) == {"shelves": {"id": [], "wood": ["oak", "pine"]}}


def test_nested_documents_give_dotted_fields() -> None:
    text = """
```javascript
shelves {
  id: string
  size: {
    wood: string ("oak" | "pine", default "oak")
    inner: {
      width: number
    } | null
  }
  books: array[{
    title: string
  }]
  last: string
}
```
"""
    assert seeds.documents(text) == {
        "shelves": {
            "id": [],
            "size": [],
            "size.wood": ["oak", "pine"],
            "size.inner": [],
            "size.inner.width": [],
            "books": [],
            "books.title": [],
            "last": [],
        }
    }


def test_bullets_give_fields_and_enum_values() -> None:
    text = """
### Shelf

**Fields:**

- `id` (String) - its name

**Relationships:**

- One-to-Many with `Book`

## Enums

### Mood

- `CALM` - most days
"""
    assert seeds.bullets(text) == {"Shelf": {"id": []}, "enum Mood": {"CALM": []}}
