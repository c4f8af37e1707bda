#!/usr/bin/perl

# Each rule of our profile of RFC 9421 and RFC 9530, broken once with all the
# others kept: what is refused, why, and that nothing came of it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);
use SrvRegistrar::Signature qw(content_digest);

my $t = SrvRegistrar->new();

$t->configure(server => 'large_client_header_buffers 8 16k;');
$t->start();

my $device = $t->device('device');
my $other = $t->device('other');

$_->enroll() && $_->register(15269) for $device, $other;

my $body = '{"lease": 60}';
my $keyid = $device->keyid;
my ($fqdn, $tag) = split(m{/}, $keyid);
my ($label) = split(/\./, $fqdn);
my @default = ('@method', '@authority', '@path', 'content-digest');
my $good = content_digest($body, 'sha-256');
my $good512 = content_digest($body, 'sha-512');
my $wrong = content_digest("$body ", 'sha-256');
my $wrong512 = content_digest("$body ", 'sha-512');


# An update signed with one thing different; created is not counted up, since
# nothing here may be accepted.

sub sent
{
    my ($sign, %args) = @_;

    my $content = exists($args{body}) ? delete($args{body}) : $body;

    return outcome($device->signed('PATCH', $args{target} // '/v1/records',
        $content, sign => { created => time(), %$sign }, %args));
}


# The same with the fields written by hand.

sub written
{
    my (@fields) = @_;

    return outcome($t->request('PATCH', '/v1/records', body => $body,
        headers => [['Content-Digest', $good], @fields]));
}


sub covering { return { components => [@_] } }


my $input = sprintf('("@method" "@authority" "@path" "content-digest")'
    . ';created=%d;keyid="%s"', time(), $keyid);
my $bytes = ':' . 'A' x 43 . '=:';

my @required = (
    ['no Signature-Input', sub { written(['Signature', "sig1=$bytes"]) }],
    ['no fields at all', sub { written() }],
    ['no keyid', sub { sent({ keyid => undef }) }],
    ['a keyid of another form', sub { sent({ keyid => 'test-key' }) }],
    ['a keyid in upper case', sub { sent({ keyid => "$fqdn/" . uc('abcdef01') })
    }],
    ['a tag that is not ours', sub { sent({ tag => 'other' }) }],
    ['no dictionary', sub { written(['Signature-Input', 'foreign=()'],
        ['Signature', "sig1=$bytes"]) }],
);

my @malformed = (
    ['no Signature', sub { written(['Signature-Input', "sig1=$input"]) }],
    ['another label', sub { written(['Signature-Input', "sig1=$input"],
        ['Signature', "sig2=$bytes"]) }],
    ['no base64', sub { written(['Signature-Input', "sig1=$input"],
        ['Signature', 'sig1=:%%%%:']) }],
    ['no byte sequence', sub { written(['Signature-Input', "sig1=$input"],
        ['Signature', 'sig1="AAAA"']) }],
    ['an empty signature', sub { written(['Signature-Input', "sig1=$input"],
        ['Signature', 'sig1=::']) }],
    ['an open list', sub { written(['Signature-Input', 'sig1=("@method"'],
        ['Signature', "sig1=$bytes"]) }],
    ['garbage', sub { written(['Signature-Input', '=;,()'],
        ['Signature', "sig1=$bytes"]) }],
    ['a label in upper case', sub { written(['Signature-Input',
        "SIG=$input"], ['Signature', "SIG=$bytes"]) }],
    ['a label twice', sub { written(['Signature-Input',
        "sig1=$input, sig1=$input"], ['Signature', "sig1=$bytes"]) }],
    ['two that are ours', sub { written(['Signature-Input',
        "sig1=$input, sig2=$input"],
        ['Signature', "sig1=$bytes, sig2=$bytes"]) }],
    ['two, in two lines', sub { written(['Signature-Input', "sig1=$input"],
        ['Signature-Input', "sig2=$input"],
        ['Signature', "sig1=$bytes, sig2=$bytes"]) }],
    ['nine signatures', sub { written(['Signature-Input', join(', ',
        "sig1=$input", map { "a$_=()" } 1 .. 8)],
        ['Signature', "sig1=$bytes"]) }],
    ['a huge Signature-Input', sub { written(map({ ['Signature-Input',
        "a$_=(" . join(' ', map { qq("x-$_") } 1 .. 1000) . ')'] } 1 .. 5),
        ['Signature-Input', "sig1=$input"], ['Signature', "sig1=$bytes"]) }],
    ['no created', sub { sent({ params => qq(;keyid="$keyid") }) }],
    ['created is a string', sub { sent({ params => sprintf(
        ';created="%d";keyid="%s"', time(), $keyid) }) }],
    ['created has a fraction', sub { sent({ params => sprintf(
        ';created=%d.5;keyid="%s"', time(), $keyid) }) }],
    ['created is negative', sub { sent({ created => -1 }) }],
    ['created has 16 digits', sub { sent({ created => '1' x 16 }) }],
    ['expires is a token', sub { sent({ expires => 'never' }) }],
    ['expires before created', sub { sent({ expires => time() - 9 }) }],
    ['alg is a token', sub { sent({ params_extra => ';alg=hmac-sha256' }) }],
    ['an unknown parameter', sub { sent({ params_extra => ';x=1' }) }],
    ['a component twice', sub { sent(covering(@default, '@method')) }],
    ['25 components', sub { sent(covering(@default,
        map { "x-$_" } 1 .. 21)) }],
    ['an unknown component', sub { sent(covering(@default, '@status')) }],
    ['a component in upper case', sub { sent(covering(@default, 'Host')) }],
    ['a field that is not there', sub { sent(covering(@default, 'x-none')) }],
    map({ my $p = $_; ["a component with $p", sub { sent(covering('@method',
        '@authority', '"@path"' . $p, 'content-digest')) }] }
        ';req', ';sf', ';bs', ';tr', ';key="a"', ';x'),
    ['@query-param', sub { sent(covering(@default,
        '"@query-param";name="a"')) }],
    ['a digest that is no dictionary', sub { sent({
        content_digest => 'sha-256' }) }],
    ['a digest that is no base64', sub { sent({
        content_digest => 'sha-256=:%:' }) }],
    ['a digest twice', sub { sent({ content_digest => "$good, $good" }) }],
);

my @incomplete = (
    map({ my $missing = $_; ["without $missing", sub { sent(covering(
        grep { $_ ne $missing } @default)) }] } @default),
    ['nothing covered', sub { sent(covering()) }],
    ['a query that is not covered', sub { sent(covering(@default),
        target => '/v1/records?a=b') }],
    ['an empty query, too', sub { sent(covering(@default),
        target => '/v1/records?') }],
    ['an absolute path for all', sub { sent(covering('@method', '@path',
        'content-digest', '@request-target')) }],
);

my @digest = (
    ['another body', '400 digest-mismatch', { content_digest => $wrong }],
    ['sha-512 alone, wrong', '400 digest-mismatch',
     { content_digest => $wrong512 }],
    ['sha-256 right, sha-512 wrong', '400 digest-mismatch',
     { content_digest => "$good, $wrong512" }],
    ['sha-256 wrong, sha-512 right', '400 digest-mismatch',
     { content_digest => "$wrong, $good512" }],
    ['a digest cut short', '400 digest-mismatch',
     { content_digest => 'sha-256=:AAAA:' }],
    ['one of the weak', '400 digest-required',
     { content_digest => 'md5=:JvPAAUGHk6ehsfjAIGqYVQ==:' }],
    ['no digest', '401 signature-incomplete', { content_digest => undef }],
);

my @invalid = (
    ['another method signed', { values => { '@method' => 'PUT' } }],
    ['a method in lower case', { values => { '@method' => 'patch' } }],
    ['another path', { values => { '@path' => '/v1/enroll' } }],
    ['another host', { values => { '@authority' => 'other.example' } }],
    ['no port', { values => { '@authority' => 'registrar.example' } }],
    ['another digest', { values => { 'content-digest' => $wrong } }],
    ['another key', { key => 'k' x 32 }],
    ['the key of another device', { key => $other->{key} }],
    ['an algorithm that is not the key\'s', { alg => 'ed25519' }],
    ['an algorithm that nobody has', { alg => 'none' }],
    ['a line more', { base => sub { "$_[0]\n" } }],
    ['other parameters signed', { base => sub { $_[0] =~ s/;created=\d+//r } }],
    ['a bit changed', { signature => sub { $_[0] ^ "\1" } }],
    ['a byte less', { signature => sub { substr($_[0], 0, 31) } }],
    ['a byte more', { signature => sub { "$_[0]x" } }],
);

my @unknown = (
    ['a device that does not exist', 'f' x 32 . ".devices.example/$tag"],
    ['a zone that does not exist', "$label.other.example/$tag"],
    ['a zone above', "devices.example/$tag"],
    ['a name below', "a.$fqdn/$tag"],
    ['a name of the zone file', "www.devices.example/$tag"],
    ['a label that is none', "_tcp.devices.example/$tag"],
    ['another generation', "$fqdn/00000000"],
);

for (@required) {
    is($_->[1]->(), '401 signature-required', $_->[0]);
}

for (@malformed) {
    is($_->[1]->(), '400 signature-malformed', $_->[0]);
}

for (@incomplete) {
    is($_->[1]->(), '401 signature-incomplete', $_->[0]);
}

for (@digest) {
    is(sent($_->[2]), $_->[1], $_->[0]);
}

for (@invalid) {
    is(sent($_->[1]), '401 signature-invalid', $_->[0]);
}

for (@unknown) {
    is(sent({ keyid => $_->[1] }), '401 unknown-key', $_->[0]);
}

is(sent({ expires => time() - 1, created => time() - 2 }),
   '401 signature-expired', 'expired');

my $now = $device->show()->{json};

is($now->{lease}, 7200, 'none of them changed anything');
is(sent({ created => $device->created() }), '200', 'and this one is accepted');

done_testing();
