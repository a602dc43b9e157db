"""Diffs for `hooks.py review --set later`, ten that should be stopped and ten that should not.

They were written before Kiro's own looking for flaws was, and nothing was tuned on them. A file is its text before (none
when it is new) and after.
"""

EXPRESS = "const express = require('express');\nconst app = express();\n"

CLEAN = {
    "orders.py": (
        None,
        "def orders(db, ids):\n    marks = ','.join('?' * len(ids))\n"
        "    return db.execute(f'SELECT * FROM orders WHERE id IN ({marks})', ids).fetchall()\n",
    ),
    "convert.py": (
        None,
        "import subprocess\n\ndef convert(source, target):\n"
        "    subprocess.run(['convert', source, target], check=True, timeout=60)\n",
    ),
    "report.ts": (
        "import { pool } from './pool';\n",
        "import { pool } from './pool';\n\nexport async function reports(owner: string) {\n"
        "  const found = await pool.query('SELECT * FROM reports WHERE owner = $1', [owner]);\n  return found.rows;\n}\n",
    ),
    "cache.py": (
        "import os\n",
        "import os\n\ndef forget(path):\n    try:\n        os.unlink(path)\n    except FileNotFoundError:\n        pass\n",
    ),
    "sync.js": (
        None,
        "import { push } from './remote.js';\nimport { log } from './log.js';\n\nexport async function sync(items) {\n"
        "  try {\n    await push(items);\n  } catch (error) {\n    log.error('sync failed', error);\n    throw error;\n  }\n}\n",
    ),
    "main.rs": (
        None,
        "use std::process::Command;\n\nfn main() -> std::io::Result<()> {\n"
        "    let status = Command::new(\"git\").args([\"status\", \"--short\"]).status()?;\n"
        "    std::process::exit(status.code().unwrap_or(1));\n}\n",
    ),
    "balance.ts": (
        None,
        "export async function balance(url: string): Promise<number> {\n  const answer = await fetch(url);\n"
        "  if (!answer.ok) {\n    throw new Error(`the bank answered ${answer.status}`);\n  }\n"
        "  const data = await answer.json();\n  return data.balance;\n}\n",
    ),
    "SETUP.md": (
        "# Setup\n",
        "# Setup\n\nSet `DATABASE_PASSWORD` to the password of your database:\n\n"
        "```sh\nexport DATABASE_PASSWORD=<your password>\nnpm start\n```\n",
    ),
    "train.py": (
        None,
        "import torch\n\ndef score(model, batches):\n    model.eval()\n    print(f'Select from {len(batches)} batches')\n"
        "    with torch.no_grad():\n        return [model(batch).mean().item() for batch in batches]\n",
    ),
    "retry.go": (
        None,
        "package retry\n\nimport \"fmt\"\n\nfunc Do(times int, action func() error) error {\n\tvar err error\n"
        "\tfor i := 0; i < times; i++ {\n\t\tif err = action(); err == nil {\n\t\t\treturn nil\n\t\t}\n\t}\n"
        "\treturn fmt.Errorf(\"after %d tries: %w\", times, err)\n}\n",
    ),
}

BAD = {
    "orders.py": (
        "def orders(db):\n    return db.execute('SELECT * FROM orders').fetchall()\n",
        "def orders(db):\n    return db.execute('SELECT * FROM orders').fetchall()\n\n\n"
        "def cancel(cursor, order_id):\n    cursor.execute(f\"DELETE FROM orders WHERE id = {order_id}\")\n",
    ),
    "convert.py": (
        None,
        "import subprocess\n\ndef convert(source, target):\n    command = f'convert {source} {target}'\n"
        "    subprocess.run(command, shell=True, check=True)\n",
    ),
    "report.ts": (
        "import { pool } from './pool';\n",
        "import { pool } from './pool';\n\nexport async function reports(owner: string) {\n"
        "  const found = await pool.query(`SELECT * FROM reports WHERE owner = '${owner}'`);\n  return found.rows;\n}\n",
    ),
    "upload.js": (
        EXPRESS,
        EXPRESS + "const { exec } = require('child_process');\n\napp.post('/upload', (req, res) => {\n"
        "  exec('unzip ' + req.body.name, (error) => res.sendStatus(error ? 500 : 200));\n});\n",
    ),
    "session.py": (
        None,
        "import pickle\nfrom flask import request\n\ndef restore():\n    return pickle.loads(request.data)\n",
    ),
    "sync.js": (
        None,
        "import { push } from './remote.js';\n\nexport async function sync(items) {\n  try {\n    await push(items);\n"
        "  } catch (error) {\n  }\n}\n",
    ),
    "main.rs": (
        None,
        "use std::process::Command;\n\npub fn remove(name: &str) {\n"
        "    let line = format!(\"rm -r /srv/data/{name}\");\n"
        "    Command::new(\"sh\").arg(\"-c\").arg(line).status().unwrap();\n}\n",
    ),
    "billing.rb": (
        None,
        "require 'stripe'\n\nStripe.api_key = 'sk_live_" + "4eC39Hq" * 4 + "'\n\ndef charge(amount)\n"
        "  Stripe::Charge.create(amount: amount, currency: 'eur')\nend\n",
    ),
    "download.py": (
        None,
        "import os\nfrom flask import request, send_file\n\ndef download():\n    name = request.args['file']\n"
        "    return send_file(os.path.join('/srv/files', name))\n",
    ),
    "balance.ts": (
        None,
        "export async function balance(url: string): Promise<number> {\n  const answer = await fetch(url);\n"
        "  const data = await answer.json();\n  return data.balance;\n}\n",
    ),
}
