//! What a Rust file names: its `use` lines and the paths in its code, without its tests.
//! A reader of tokens that knows no grammar; what it cannot read it passes over.

use std::iter::Peekable;
use std::str::Chars;

/// A path as it is written, such as `crate::store::users`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub line: usize,
    pub names: Vec<String>,
    /// How many modules within the file are around it.
    pub within: usize,
    /// What a `use` line calls it from then on, `*` for everything below; none for a path in the code.
    pub called: Option<String>,
}

#[derive(Debug, Default)]
pub struct Source {
    pub named: Vec<Named>,
    /// Modules that only tests have.
    pub test_modules: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Sign {
    Name(String),
    /// `::`
    Below,
    Other(char),
}

#[derive(Debug, Clone)]
struct Token {
    line: usize,
    sign: Sign,
}

impl Token {
    fn is(&self, sign: char) -> bool {
        self.sign == Sign::Other(sign)
    }

    fn name(&self) -> Option<&str> {
        match &self.sign {
            Sign::Name(name) => Some(name),
            _ => None,
        }
    }
}

impl Source {
    pub fn read(text: &str) -> Self {
        let mut source = Self::default();
        let tokens = source.without_tests(&tokens(text));
        let mut at = 0;
        let mut depth = 0;
        let mut modules = Vec::new();
        while let Some(token) = tokens.get(at) {
            match (&token.sign, tokens.get(at + 1), tokens.get(at + 2)) {
                (Sign::Name(name), Some(next), _) if name == "use" && !next.is('<') => {
                    let mut tree = Tree {
                        tokens: &tokens,
                        at: at + 1,
                        within: modules.len(),
                    };
                    tree.read(&[], &mut source.named);
                    at = tree.at;
                    continue;
                }
                (Sign::Name(name), Some(_), Some(brace)) if name == "mod" && brace.is('{') => {
                    modules.push(depth);
                    at += 2;
                    continue;
                }
                (Sign::Name(_), Some(next), _) if next.sign == Sign::Below => {
                    let path = path(&tokens, at, modules.len());
                    at += 2 * path.names.len() - 1;
                    source.named.push(path);
                    continue;
                }
                (Sign::Other('{'), ..) => depth += 1,
                (Sign::Other('}'), ..) => {
                    depth -= 1;
                    modules.pop_if(|before| *before == depth);
                }
                _ => {}
            }
            at += 1;
        }
        source
    }

    /// The first name of what a `use` line calls so.
    pub fn imported(&self, name: &str) -> Option<&str> {
        let mut named = self.named.iter();
        let import = named.find(|one| one.called.as_deref() == Some(name))?;
        import.names.first().map(String::as_str)
    }

    /// What is marked `#[cfg(test)]` goes; of its modules the names are kept.
    fn without_tests(&mut self, tokens: &[Token]) -> Vec<Token> {
        let mut kept = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let Some(end) = attribute(tokens, at) else {
                kept.push(tokens[at].clone());
                at += 1;
                continue;
            };
            let words: Vec<&str> = tokens[at..end].iter().filter_map(Token::name).collect();
            let is = |word: &str| words.contains(&word);
            if is("cfg") && is("test") && !is("not") {
                let item = end;
                at = item_end(tokens, end);
                let words = tokens[item..at].iter().filter_map(Token::name);
                let mut words = words.skip_while(|word| *word != "mod").skip(1);
                self.test_modules.extend(words.next().map(str::to_owned));
            } else {
                // Derives and the like name paths, too.
                kept.extend_from_slice(&tokens[at..end]);
                at = end;
            }
        }
        kept
    }
}

/// Where the attribute that begins here ends.
fn attribute(tokens: &[Token], at: usize) -> Option<usize> {
    let opens = tokens.get(at)?.is('#') && tokens.get(at + 1)?.is('[');
    opens.then(|| closed(tokens, at + 1))
}

/// Behind the bracket that closes the one here.
fn closed(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.sign {
            Sign::Other('(' | '[' | '{') => depth += 1,
            Sign::Other(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

/// Behind the item that begins here: its semicolon, its braces, or the comma of a field.
fn item_end(tokens: &[Token], start: usize) -> usize {
    let mut at = start;
    while let Some(end) = attribute(tokens, at) {
        at = end;
    }
    let before = tokens[at..].iter().take_while(|token| !token.is('{'));
    let imports = before.filter_map(Token::name).any(|name| name == "use");
    while let Some(token) = tokens.get(at) {
        match token.sign {
            Sign::Other(';' | ',') => return at + 1,
            Sign::Other('{') if !imports => return closed(tokens, at),
            Sign::Other('(' | '[' | '{') => at = closed(tokens, at),
            Sign::Other(')' | ']' | '}') => return at,
            _ => at += 1,
        }
    }
    at
}

/// The names from here on that `::` holds together.
fn path(tokens: &[Token], at: usize, within: usize) -> Named {
    let mut path = Named {
        line: tokens[at].line,
        names: Vec::new(),
        within,
        called: None,
    };
    let mut rest = tokens[at..].iter();
    while let Some(name) = rest.next().and_then(Token::name) {
        path.names.push(name.to_owned());
        if rest.next().is_none_or(|next| next.sign != Sign::Below) {
            break;
        }
    }
    path
}

/// What follows `use`.
struct Tree<'a> {
    tokens: &'a [Token],
    at: usize,
    within: usize,
}

impl Tree<'_> {
    fn read(&mut self, before: &[String], found: &mut Vec<Named>) {
        let mut names = before.to_vec();
        let line = self.tokens.get(self.at).map_or(0, |token| token.line);
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            match &token.sign {
                Sign::Name(name) if name == "as" => {}
                Sign::Name(name) if self.previous_is_as() => {
                    found.push(self.used(line, &names, name));
                    return;
                }
                Sign::Name(name) => {
                    names.push(name.clone());
                    if !self.goes_on() {
                        found.push(self.used(line, &names, name));
                        return;
                    }
                }
                Sign::Other('*') => {
                    found.push(self.used(line, &names, "*"));
                    return;
                }
                Sign::Other('{') => {
                    while self.tokens.get(self.at).is_some_and(|token| !token.is('}')) {
                        if self.tokens[self.at].is(',') {
                            self.at += 1;
                        } else {
                            self.read(&names, found);
                        }
                    }
                    self.at += 1;
                    return;
                }
                Sign::Below => {}
                Sign::Other(_) => return,
            }
        }
    }

    fn used(&self, line: usize, names: &[String], called: &str) -> Named {
        let mut names = names.to_vec();
        // `use a::b::{self}` is `use a::b`.
        if names.len() > 1 {
            names.pop_if(|last| last == "self");
        }
        let called = match called {
            "self" => names.last().map_or("", String::as_str),
            other => other,
        };
        Named {
            line,
            called: Some(called.to_owned()),
            within: self.within,
            names,
        }
    }

    fn previous_is_as(&self) -> bool {
        self.at >= 2 && self.tokens[self.at - 2].name() == Some("as")
    }

    fn goes_on(&self) -> bool {
        let next = self.tokens.get(self.at);
        next.is_some_and(|next| next.sign == Sign::Below || next.name() == Some("as"))
    }
}

/// Without comments, texts and lifetimes.
fn tokens(text: &str) -> Vec<Token> {
    let mut letters = Letters {
        line: 1,
        rest: text.chars().peekable(),
    };
    let mut tokens = Vec::new();
    while let Some(letter) = letters.next() {
        let line = letters.line;
        let sign = match letter {
            '/' if letters.takes('/') => {
                while letters.rest.peek().is_some_and(|letter| *letter != '\n') {
                    letters.next();
                }
                continue;
            }
            '/' if letters.takes('*') => {
                letters.comment();
                continue;
            }
            '"' => {
                letters.text();
                continue;
            }
            '\'' => {
                letters.quote();
                continue;
            }
            ':' if letters.takes(':') => Sign::Below,
            letter if letter.is_alphanumeric() || letter == '_' => {
                let name = letters.name(letter);
                if matches!(name.as_str(), "r" | "br" | "cr") && letters.raw() {
                    continue;
                }
                Sign::Name(name)
            }
            blank if blank.is_whitespace() => continue,
            other => Sign::Other(other),
        };
        tokens.push(Token { line, sign });
    }
    tokens
}

struct Letters<'a> {
    line: usize,
    rest: Peekable<Chars<'a>>,
}

impl Iterator for Letters<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let letter = self.rest.next()?;
        self.line += usize::from(letter == '\n');
        Some(letter)
    }
}

impl Letters<'_> {
    fn takes(&mut self, letter: char) -> bool {
        self.rest.next_if_eq(&letter).is_some()
    }

    fn name(&mut self, first: char) -> String {
        let mut name = String::from(first);
        while let Some(letter) = self
            .rest
            .next_if(|one| one.is_alphanumeric() || *one == '_')
        {
            name.push(letter);
        }
        name
    }

    fn text(&mut self) {
        while let Some(letter) = self.next() {
            match letter {
                '\\' => drop(self.next()),
                '"' => return,
                _ => {}
            }
        }
    }

    /// A text behind `r`, or the rest of a raw name, which is none.
    fn raw(&mut self) -> bool {
        let mut hashes = 0;
        while self.takes('#') {
            hashes += 1;
        }
        if !self.takes('"') {
            return false;
        }
        let mut seen = None;
        for letter in self.by_ref() {
            seen = match (letter, seen) {
                ('"', _) => Some(0),
                ('#', Some(count)) => Some(count + 1),
                _ => None,
            };
            if seen == Some(hashes) {
                break;
            }
        }
        true
    }

    /// One letter, or a lifetime.
    fn quote(&mut self) {
        let Some(letter) = self.next() else { return };
        if letter == '\\' {
            self.next();
            while self.next().is_some_and(|letter| letter != '\'') {}
        } else if !self.takes('\'') {
            self.name(letter);
        }
    }

    /// Comments stand within comments.
    fn comment(&mut self) {
        let mut depth = 1;
        while depth > 0
            && let Some(letter) = self.next()
        {
            if letter == '*' && self.takes('/') {
                depth -= 1;
            } else if letter == '/' && self.takes('*') {
                depth += 1;
            }
        }
    }
}
