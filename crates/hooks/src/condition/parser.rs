//! Tokens as a tree, by going down the grammar.

use std::ops::Range;

use super::lexer::{Placed, Token, tokens};
use super::{Fault, Node, Operator, Term};
use crate::catalogue::{Fact, Value};
use crate::diagnostic::Code;

/// How deep parts may stand in each other.
const DEPTH_MAX: usize = 64;

pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens,
        at: 0,
        end: text.len(),
        depth: 0,
    };
    if parser.tokens.is_empty() {
        let why = "a condition is expected here, such as `lines > 100`";
        return Err(Fault::new(Code::ConditionSyntax, 0..text.len(), why));
    }
    let root = parser.or()?;
    match parser.tokens.get(parser.at) {
        None => Ok(root),
        Some((token, span)) => Err(parser.too_much(token, span.clone())),
    }
}

struct Parser {
    tokens: Vec<Placed>,
    at: usize,
    end: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|it| &it.0)
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(it)) if it == word)
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is = self.is_word(word);
        self.at += usize::from(is);
        is
    }

    fn take_mark(&mut self, mark: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Mark(it)) if *it == mark);
        self.at += usize::from(is);
        is
    }

    /// The place of the next token.
    fn here(&self) -> Range<usize> {
        self.tokens
            .get(self.at)
            .map_or(self.end..self.end, |it| it.1.clone())
    }

    fn fault(&self, why: impl Into<String>) -> Fault {
        Fault::new(Code::ConditionSyntax, self.here(), why)
    }

    fn too_much(&self, token: &Token, span: Range<usize>) -> Fault {
        if let Token::Mark("==" | "!=" | "<" | "<=" | ">" | ">=") = token {
            let why = "compare two values at a time, and join with `and`";
            return Fault::new(Code::ConditionSyntax, span, why);
        }
        let meant = match token {
            Token::Word(word) => change::closest(
                &word.to_lowercase(),
                &["and", "or", "not", "in", "contains", "matches"],
            ),
            _ => None,
        };
        let hint = meant.map_or(String::new(), |it| format!("; did you mean «{it}»?"));
        Fault::new(
            Code::ConditionSyntax,
            span,
            format!("the condition should end here{hint}"),
        )
    }

    fn deeper<T>(&mut self, go: impl FnOnce(&mut Parser) -> Result<T, Fault>) -> Result<T, Fault> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.fault(format!("this stands too deep; {DEPTH_MAX} levels are read")));
        }
        let gone = go(self);
        self.depth -= 1;
        gone
    }

    fn or(&mut self) -> Result<Node, Fault> {
        let mut parts = vec![self.and()?];
        while self.take_word("or") {
            parts.push(self.and()?);
        }
        Ok(joined(parts, Term::Or))
    }

    fn and(&mut self) -> Result<Node, Fault> {
        let mut parts = vec![self.not()?];
        while self.take_word("and") {
            parts.push(self.not()?);
        }
        Ok(joined(parts, Term::And))
    }

    fn not(&mut self) -> Result<Node, Fault> {
        let start = self.here().start;
        if !self.take_word("not") {
            return self.comparison();
        }
        let inner = self.deeper(Parser::not)?;
        Ok(Node {
            span: start..inner.span.end,
            term: Term::Not(Box::new(inner)),
        })
    }

    fn comparison(&mut self) -> Result<Node, Fault> {
        let left = self.operand()?;
        let Some(operator) = self.operator()? else {
            return Ok(left);
        };
        let right = self.operand()?;
        let span = left.span.start..right.span.end;
        Ok(Node {
            span,
            term: Term::Compare(Box::new(left), operator, Box::new(right)),
        })
    }

    fn operator(&mut self) -> Result<Option<Operator>, Fault> {
        let operator = match self.peek() {
            Some(Token::Mark("==")) => Operator::Equal,
            Some(Token::Mark("!=")) => Operator::Unequal,
            Some(Token::Mark("<")) => Operator::Less,
            Some(Token::Mark("<=")) => Operator::AtMost,
            Some(Token::Mark(">")) => Operator::More,
            Some(Token::Mark(">=")) => Operator::AtLeast,
            Some(Token::Word(word)) => match word.as_str() {
                "in" => Operator::In,
                "contains" => Operator::Contains,
                "starts_with" => Operator::StartsWith,
                "ends_with" => Operator::EndsWith,
                "matches" => Operator::Matches,
                "not" => {
                    self.at += 1;
                    if !self.take_word("in") {
                        return Err(self.fault("`in` is expected after `not` here"));
                    }
                    return Ok(Some(Operator::NotIn));
                }
                _ => return Ok(None),
            },
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(operator))
    }

    fn operand(&mut self) -> Result<Node, Fault> {
        let span = self.here();
        let Some(token) = self.peek().cloned() else {
            return Err(self.fault("a value is expected here"));
        };
        let literal = |value| Node {
            span: span.clone(),
            term: Term::Literal(value),
        };
        let node = match token {
            Token::Number(number) => literal(Value::Number(number)),
            Token::Text(text) => literal(Value::Text(text)),
            Token::Word(word) => return self.word(&word, span),
            Token::Mark("(") => {
                self.at += 1;
                let inner = self.deeper(Parser::or)?;
                let end = self.here().end;
                if !self.take_mark(")") {
                    return Err(self.fault("`)` is expected here"));
                }
                return Ok(Node {
                    span: span.start..end,
                    ..inner
                });
            }
            Token::Mark("[") => return self.list(span.start),
            Token::Mark(_) => return Err(self.fault("a value is expected here")),
        };
        self.at += 1;
        Ok(node)
    }

    fn word(&mut self, word: &str, span: Range<usize>) -> Result<Node, Fault> {
        let term = match word {
            "true" => Term::Literal(Value::Truth(true)),
            "false" => Term::Literal(Value::Truth(false)),
            "and" | "or" | "in" | "contains" | "starts_with" | "ends_with" | "matches" | "not" => {
                return Err(self.fault("a value is expected here"));
            }
            name => Fact::parse(name).map_or_else(|| Term::Unknown(name.to_owned()), Term::Fact),
        };
        self.at += 1;
        Ok(Node { span, term })
    }

    fn list(&mut self, start: usize) -> Result<Node, Fault> {
        self.at += 1;
        let (mut texts, mut numbers) = (Vec::new(), Vec::new());
        let end = loop {
            let end = self.here().end;
            if self.take_mark("]") {
                break end;
            }
            match self.peek().cloned() {
                Some(Token::Text(text)) => texts.push(text),
                Some(Token::Number(number)) => numbers.push(number),
                _ => return Err(self.fault("a text or a number is expected in a list")),
            }
            self.at += 1;
            let end = self.here().end;
            if self.take_mark("]") {
                break end;
            }
            if !self.take_mark(",") {
                return Err(self.fault("`,` or `]` is expected here"));
            }
        };
        let span = start..end;
        if !texts.is_empty() && !numbers.is_empty() {
            let why = "a list holds either texts or numbers";
            return Err(Fault::new(Code::ConditionType, span, why));
        }
        let term = match numbers.is_empty() {
            true => Term::Literal(Value::Texts(texts)),
            false => Term::Numbers(numbers),
        };
        Ok(Node { span, term })
    }
}

fn joined(mut parts: Vec<Node>, join: impl FnOnce(Vec<Node>) -> Term) -> Node {
    if parts.len() == 1 {
        return parts.remove(0);
    }
    let span = parts[0].span.start..parts[parts.len() - 1].span.end;
    Node {
        span,
        term: join(parts),
    }
}
