"""How many sentences of a search box are read exactly right, kind of filter by kind of filter.

Owns the sentences, with what their writer, who had not seen the grammar, wants them to be read as, and the judge. Needs
no server: a sentence is read by a function.
"""
