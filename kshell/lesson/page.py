"""A lesson as a page to print: one HTML file with its own styles, and nothing from the net."""

from __future__ import annotations

from html import escape

from kshell.lesson.lesson import Lesson, Step
from kshell.lesson.prose import reader
from kshell.lesson.views import shuffled
from kshell.shell.views.web_page import web_page
from kshell.shell.views.wrapping import letter

STYLE = """\
body { font: 16px/1.5 Georgia, 'Times New Roman', serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem;
       color: #1a1a1a; background: #ffffff; }
h1, h2 { font-family: Helvetica, Arial, sans-serif; line-height: 1.2; }
h2 { margin-top: 2.5rem; border-top: 1px solid #767676; padding-top: 1rem; font-size: 1.2rem; }
code, pre { font-size: 0.9em; }
pre { background: #f2f2f2; padding: 0.6rem; overflow-x: auto; white-space: pre-wrap; }
.answer { border-bottom: 1px dotted #555555; height: 2.2rem; }
.meta { color: #4a4a4a; }
details { margin: 0.5rem 0; }
@media print { h2 { break-after: avoid; } section { break-inside: avoid; } details { display: none; } }
"""


def render(lesson: Lesson) -> str:
    """The page: each step with room for an answer; hints and solutions are folded away, and not printed."""
    goals = "".join(f"<li>{reader().renderInline(goal)}</li>" for goal in lesson.goals)
    remember = "".join(f"<li>{reader().renderInline(text)}</li>" for text in lesson.remember)
    steps = "\n".join(_step(lesson, step, at) for at, step in enumerate(lesson.steps, 1))
    body = f"""\
<h1>{escape(lesson.title)}</h1>
<p class="meta">{lesson.minutes} minutes. In <code>kshell</code>, type <code>lesson start {lesson.slug}</code>.</p>
<p>After it you can:</p>
<ul>{goals}</ul>
{steps}
<section><h2>Remember</h2><ul>{remember}</ul></section>"""
    return web_page(lesson.title, STYLE, body)


def _step(lesson: Lesson, step: Step, at: int) -> str:
    parts = [f"<section><h2>{at}. {escape(step.title or step.id)}</h2>", reader().render(step.say)]
    if step.question:
        parts.append(reader().render(step.question))
    if step.choices:
        items = "".join(f"<p>({letter(n)}) {reader().renderInline(c.text)}</p>" for n, c in enumerate(step.choices))
        parts.append(items)
    if step.kind == "parsons":
        lines = "\n".join(f"____  {line}" for line in shuffled(lesson, step))
        parts.append(f"<pre>{escape(lines)}</pre>")
    if step.kind not in ("text", "parsons"):
        parts.append('<div class="answer"></div>')
    for name in step.starters:
        parts.append(f"<p>{escape(name)}:</p><pre>{escape(_file_text(lesson.files[name]))}</pre>")
    if step.hints:
        hints = "".join(f"<li>{reader().renderInline(hint)}</li>" for hint in step.hints)
        parts.append(f"<details><summary>hints</summary><ol>{hints}</ol></details>")
    solution = "\n".join((*step.run, *step.solution)) or "\n".join(step.lines)
    if solution:
        answer = f"{step.right}\n" if step.right else ""
        parts.append(f"<details><summary>solution</summary><pre>{escape(answer + solution)}</pre></details>")
    return "\n".join([*parts, "</section>"])


def _file_text(data: bytes) -> str:
    """What a file holds; of a program its bytes."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.hex(" ")
