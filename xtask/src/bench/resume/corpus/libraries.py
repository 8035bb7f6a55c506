#: pandas
import pandas as pd
sales = pd.DataFrame({"region": ["west", "east"] * 5000, "amount": range(10_000)})
#-
totals = sales.groupby("region")["amount"].sum()
#-
assert totals["east"] == 25_000_000 and len(sales) == 10_000

#: numpy, a generator of random numbers
import numpy as np
rng = np.random.default_rng(7)
drawn = rng.normal(size=5)
#-
state = rng.bit_generator.state["state"]["state"]
#-
assert rng.bit_generator.state["state"]["state"] == state
again = np.random.default_rng(7)
again.normal(size=5)
assert rng.integers(1 << 30) == again.integers(1 << 30)

#: numpy, a view of an array
import numpy as np
whole = np.zeros((1000, 1000))
row = whole[3]
#-
row[:] = 5
#-
assert whole[3].sum() == 5000 and np.shares_memory(whole, row)

#: matplotlib, a figure in the making
import matplotlib.pyplot as plt
figure, axes = plt.subplots()
#-
line, = axes.plot([1, 2, 3], [4, 5, 6])
plt.close(figure)
#-
axes.set_title("mended")
figure.canvas.draw()
assert list(line.get_ydata()) == [4, 5, 6]

#: polars
import polars as pl
frame = pl.DataFrame({"a": [1, 2, 3]})
#-
doubled = frame.with_columns(pl.col("a") * 2)
#-
assert doubled["a"].sum() == 12

#: pyarrow, a table in memory
import pyarrow as pa
table = pa.table({"a": list(range(1000))})
#-
import pyarrow.compute as pc
total = pc.sum(table["a"]).as_py()
#-
assert total == 499_500 and table.num_rows == 1000

#: pyarrow, a Parquet file being read
import pyarrow as pa
import pyarrow.parquet as pq
pq.write_table(pa.table({"a": list(range(1000))}), "a.parquet", row_group_size=100)
batches = pq.ParquetFile("a.parquet").iter_batches(batch_size=100)
#-
first = next(batches)
#-
assert next(batches)["a"][0].as_py() == 100

#: scikit-learn, a fitted model
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
X, y = make_classification(n_samples=500, random_state=1)
#-
model = RandomForestClassifier(n_estimators=20, random_state=1).fit(X, y)
#-
assert model.score(X, y) > 0.95

#: scipy, a sparse matrix
from scipy import sparse
matrix = sparse.random(1000, 1000, density=0.01, format="csr", random_state=1)
#-
stored = matrix.nnz
#-
assert matrix.nnz == stored == 10_000

#: DuckDB, a database in memory
import duckdb
db = duckdb.connect()
db.execute("create table t as select range as n from range(1000)")
#-
db.execute("delete from t where n >= 100")
#-
assert db.execute("select sum(n) from t").fetchone()[0] == 4950

#: SQLAlchemy, a session with an object that is not saved
from sqlalchemy import create_engine, Column, Integer, select
from sqlalchemy.orm import Session, declarative_base
Base = declarative_base()
class Item(Base):
    __tablename__ = "item"
    id = Column(Integer, primary_key=True)
engine = create_engine("sqlite:///items.db")
Base.metadata.create_all(engine)
#-
session = Session(engine)
session.add(Item(id=5))
#-
session.commit()
assert session.scalars(select(Item.id)).all() == [5]

#: lxml, a document
from lxml import etree
root = etree.fromstring("<a><b n='1'/></a>")
#-
child = root[0]
#-
child.set("n", "2")
assert etree.tostring(root) == b'<a><b n="2"/></a>'

#: Pillow, a picture that is edited
from PIL import Image, ImageDraw
picture = Image.new("RGB", (100, 100), "white")
#-
pen = ImageDraw.Draw(picture)
pen.rectangle((0, 0, 9, 9), fill="red")
#-
pen.point((50, 50), fill="blue")
assert picture.getpixel((5, 5)) == (255, 0, 0) and picture.getpixel((50, 50)) == (0, 0, 255)

#: networkx
import networkx as nx
graph = nx.path_graph(100)
#-
graph.add_edge(0, 99)
#-
assert nx.shortest_path_length(graph, 0, 98) == 2

#: SQLite, in memory
import sqlite3
db = sqlite3.connect(":memory:")
db.execute("create table t (n)")
#-
db.executemany("insert into t values (?)", [(n,) for n in range(100)])
#-
assert db.execute("select sum(n) from t").fetchone() == (4950,)

#: SQLite, a file and a cursor in its middle
import sqlite3
db = sqlite3.connect("a.db")
db.execute("create table if not exists t (n integer unique)")
db.executemany("insert or ignore into t values (?)", [(n,) for n in range(100)])
db.commit()
#-
rows = db.execute("select n from t order by n")
first = rows.fetchmany(10)
#-
assert rows.fetchone() == (10,)

#: SQLite, a transaction that is open
import sqlite3
db = sqlite3.connect("b.db")
db.execute("create table if not exists t (n)")
#-
db.execute("insert into t values (1)")
#-
db.commit()
assert sqlite3.connect("b.db").execute("select count(*) from t").fetchone()[0] == 1
