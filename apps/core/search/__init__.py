"""Search in Spanish: an index of our own in PostgreSQL, ranked by BM25 and nearness of words.

- `text`: how words are read (accents folded, ñ kept, stop words dropped).
- `models`: entries, their words, and postings (which word stands where, and how much it weighs).
- `indexing`: `index` and `remove`, called in the transaction of a change; `reindex` for all.
- `understanding`: what the words of a question may stand for (same stem, kin, typo, beginning).
- `finding`: the entries that exist for a person and answer a question, best first.
- `showing`: titles and passages with the words marked.
- `trial`: how good and how fast it is on a file of questions, in scratch tables.
"""
