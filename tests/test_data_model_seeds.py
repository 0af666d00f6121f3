"""The readers of the five seeds' notations find every name, nested ones and values too, and every rule."""

from __future__ import annotations

from tests.data_model import rules, seeds


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


def test_prisma_models_give_rules() -> None:
    text = """
model Shelf {
  key   String @unique // the room
  room  Room   @relation(fields: [key], references: [id])

  @@index([key, room])
  @@unique([room])
}
db.Shelf.createIndex({ "key": 1 }, { expireAfterSeconds: 0 })
db.Book.createIndex(
  { "title": "vectorSearch" },
  { name: "x" }
)
/rooms/
-- {roomId}/
    -- shelf.png
"""
    assert list(rules.prisma(text)) == [
        "Shelf.key @unique",
        "Shelf.room @relation",
        "Shelf @@index([key, room])",
        "Shelf @@unique([room])",
        "Shelf.key createIndex",
        "Book.title createIndex",
        "folder rooms/{roomId}",
    ]


def test_create_table_gives_rules_sample_queries_and_points() -> None:
    text = """
CREATE TABLE shelves (
    id UUID PRIMARY KEY,
    name TEXT UNIQUE NOT NULL,
    room_id UUID NOT NULL REFERENCES rooms(id) ON DELETE CASCADE,
    books INTEGER CHECK (books >= 1),

    INDEX idx_shelves_name (name),
    UNIQUE (name, room_id),
    CHECK (books IN (1, 2))
);

**Wood:**
- `oak`: hard
- Soft **pine**

## Sample Queries

### Get all shelves
"""
    assert list(rules.sql(text)) == [
        "shelves.name UNIQUE",
        "shelves.room_id REFERENCES rooms(id) ON DELETE CASCADE",
        "shelves.books CHECK (books >= 1)",
        "shelves INDEX idx_shelves_name (name)",
        "shelves UNIQUE (name, room_id)",
        "shelves CHECK (books IN (1, 2))",
        "Sample query: Get all shelves",
        "Wood: oak: hard",
        "Wood: Soft pine",
    ]


def test_columns_without_create_give_keys_indexes_and_points() -> None:
    text = """
```sql
shelves (
  id TEXT PRIMARY KEY,

  FOREIGN KEY (id) REFERENCES rooms(id) ON DELETE CASCADE,
  UNIQUE(id, wood)
)
```
CREATE INDEX idx_shelves_id ON shelves(id);
## Decisions
1. **Wood**: oak alone
"""
    assert list(rules.columns(text)) == [
        "shelves FOREIGN KEY (id) REFERENCES rooms(id) ON DELETE CASCADE",
        "shelves UNIQUE(id, wood)",
        "idx_shelves_id ON shelves(id)",
        "Decisions: Wood",
    ]


def test_points_of_documents_are_called_after_their_heading_or_collection() -> None:
    text = """
## SHELVES COLLECTION/TABLE
**INDEXES:**
• wood (for sorting)

**COMPOUND INDEXES:**
• (wood, room)

## CARE
### OAK:
• Oil it
"""
    assert list(rules.documents(text)) == [
        "shelves index wood (for sorting)",
        "shelves index (wood, room)",
        "OAK: Oil it",
    ]


def test_points_outside_of_models_give_rules() -> None:
    text = """
## Configuration
- **Provider**: PostgreSQL

## Models

### Shelf
- `id` (String, @unique) - its name
- One-to-Many with `Book`

## Enums
- `OAK` - hard

## Database Relationships
1. **Room → Shelves**: many
### Care
- Oil `oak`
"""
    assert list(rules.bullets(text)) == [
        "Shelf.id @unique",
        "Configuration: Provider",
        "Database Relationships: Room → Shelves",
        "Care: Oil oak",
    ]
