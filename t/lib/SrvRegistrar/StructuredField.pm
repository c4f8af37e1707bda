package SrvRegistrar::StructuredField;

# Structured Fields as RFC 9651 has them, all of its types, as lenient as its
# section 4.2 is; for tests.  Written from the RFC: it shares nothing with the
# registrar's parser, which is stricter on purpose.
#
#     my $members = parse_dictionary($value);      # undef: malformed
#     my $text = serialize($members->[0]);         # section 4.1
#
# A member, an item and a parameter's value are hashes: type (integer, decimal,
# string, token, bytes, boolean, date, display, list), value, and params, a
# list of [name, value]; a member has its key and its text as it stood, too.
# Nothing is overwritten: what came twice stands in the list twice, and `final`
# picks what the RFC lets win.

use strict;
use warnings;

use Exporter qw(import);
use MIME::Base64 qw(decode_base64 encode_base64);

our @EXPORT_OK = qw(parse_dictionary final serialize);


# 4.2, 4.2.2

sub parse_dictionary
{
    my ($text) = @_;

    return undef if $text =~ /[^\x00-\x7f]/;

    my @members;

    my $parsed = eval {
        $text =~ /\G */gc;

        while (pos($text) < length($text)) {
            push(@members, parse_member(\$text));
            $text =~ /\G[ \t]*/gc;
            last if pos($text) == length($text);
            $text =~ /\G,[ \t]*(?=.)/gcs or die("no comma\n");
        }

        1;
    };

    return $parsed ? \@members : undef;
}


# The members that count: the last of each key (4.2.2).

sub final
{
    my ($members) = @_;

    my %last = map { $_->{key} => $_ } @$members;

    return \%last;
}


sub parse_member
{
    my ($text) = @_;

    my $key = parse_key($text);
    my $member = { type => 'boolean', value => 1 };

    my $start = pos($$text);

    if ($$text =~ /\G=/gc) {
        $start++;
        $member = $$text =~ /\G\(/gc ? parse_list($text) : parse_bare($text);
    }

    $member->{key} = $key;
    $member->{params} = parse_params($text);
    $member->{text} = substr($$text, $start, pos($$text) - $start);

    return $member;
}


# 4.2.1.2

sub parse_list
{
    my ($text) = @_;

    my @items;

    until ($$text =~ /\G *\)/gc) {
        $$text =~ /\G */gc;

        my $item = parse_bare($text);

        $item->{params} = parse_params($text);
        push(@items, $item);
        $$text =~ /\G(?=[ )])/gc or die("no space\n");
    }

    return { type => 'list', value => \@items };
}


# 4.2.3.2

sub parse_params
{
    my ($text) = @_;

    my @params;

    while ($$text =~ /\G; */gc) {
        my $name = parse_key($text);

        push(@params, [$name, $$text =~ /\G=/gc
            ? parse_bare($text) : { type => 'boolean', value => 1 }]);
    }

    return \@params;
}


sub parse_key
{
    my ($text) = @_;

    $$text =~ /\G([a-z*][a-z0-9_.*-]*)/gc or die("no key\n");

    return $1;
}


# 4.2.3.1

sub parse_bare
{
    my ($text) = @_;

    if ($$text =~ /\G(-?)(\d+)\.(\d+)/gc) {
        die("a decimal too long\n") if length($2) > 12 || length($3) > 3;
        return { type => 'decimal', value => "$1$2.$3" };
    }

    if ($$text =~ /\G(@?)(-?\d+)(?![.])/gc) {
        die("an integer too long\n") if $2 =~ /\d{16}/;
        return { type => $1 ? 'date' : 'integer', value => $2 + 0 };
    }

    if ($$text =~ /\G"((?:[ !#-\[\]-~]|\\["\\])*)"/gc) {
        return { type => 'string', value => $1 =~ s/\\(.)/$1/gr };
    }

    if ($$text =~ m{\G:([A-Za-z0-9+/=]*):}gc) {
        return { type => 'bytes', value => decode_base64($1), base64 => $1 };
    }

    if ($$text =~ /\G\?([01])/gc) {
        return { type => 'boolean', value => $1 };
    }

    if ($$text =~ /\G%"((?:[ !#\$&-~]|%[0-9a-f]{2})*)"/gc) {
        return { type => 'display', value => $1 };
    }

    if ($$text =~ m{\G([A-Za-z*][A-Za-z0-9!#\$%&'*+.^_`|~:/-]*)}gc) {
        return { type => 'token', value => $1 };
    }

    die("no item\n");
}


# 4.1, of a member's value with its parameters

sub serialize
{
    my ($item) = @_;

    return serialize_bare($item) . join('', map {
        my ($name, $value) = @$_;

        ";$name" . ($value->{type} eq 'boolean' && $value->{value}
            ? '' : '=' . serialize_bare($value));
    } params($item));
}


# The last of two of one name, in the place of the first (4.2.3.2).

sub params
{
    my ($item) = @_;

    my %last = map { $_->[0] => $_ } @{ $item->{params} // [] };
    my %seen;

    return map { $last{ $_->[0] } } grep { !$seen{ $_->[0] }++ }
        @{ $item->{params} // [] };
}


sub serialize_bare
{
    my ($item) = @_;

    my ($type, $value) = @{$item}{qw(type value)};

    return '(' . join(' ', map { serialize($_) } @$value) . ')'
        if $type eq 'list';
    return '"' . $value =~ s/(["\\])/\\$1/gr . '"' if $type eq 'string';
    return ':' . encode_base64($value, '') . ':' if $type eq 'bytes';
    return "?$value" if $type eq 'boolean';
    return "\@$value" if $type eq 'date';
    return qq(%"$value") if $type eq 'display';

    return $value;
}


1;
