#!/usr/bin/perl

# The freedom that our profile of RFC 9421 leaves to a signer: what has to be
# accepted, and is.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar qw(outcome);
use SrvRegistrar::Signature qw(content_digest);

my $t = SrvRegistrar->new();
$t->start();

my $device = $t->device('device');
my $body = '{"lease": 60}';
my $keyid;

$device->enroll();
$keyid = $device->keyid;


sub sent
{
    my ($sign, %args) = @_;

    my $content = exists($args{body}) ? delete($args{body}) : $body;

    return outcome($device->signed($args{method} // 'PATCH',
        delete($args{target}) // '/v1/records', $content, sign => $sign,
        %args));
}


my @digest = ('sha-256', 'sha-512');
my @default = ('@method', '@authority', '@path', 'content-digest');
my $foreign = 'cdn=("@method");created=1;keyid="cdn-key"';
my $bytes = ':AAAA:';

my @accepted = (
    ['as it is', {}],
    ['alg', { alg => 'hmac-sha256' }],
    ['expires', { expires => time() + 60 }],
    ['a nonce', { nonce => 'b3k2pp5k7z' }],
    ['a name in upper case', { keyid => $keyid =~ s/^([^\/]+)/\U$1/r }],
    ['our tag', { tag => 'srv-reg' }],
    ['another order of components', { components => [reverse(@default)] }],
    ['another label', { label => 'my-signature_1.x*' }],
    ['@target-uri for authority, path and query', { components =>
        ['@method', '@target-uri', 'content-digest'] }],
    ['@scheme and @request-target besides', { components =>
        [@default, '@scheme', '@request-target'] }],
    ['@query where there is none', { components => [@default, '@query'] }],
    ['sha-512', { digests => ['sha-512'] }],
    ['both digests', { digests => \@digest }],
    ['a digest that nobody knows besides', { content_digest =>
        content_digest($body, 'sha-256') . ', unixsum=:AAAA:' }],
);

for (@accepted) {
    is(sent($_->[1]), '200', $_->[0]);
}

is(sent({ params => sprintf(';keyid="%s";nonce="x";created=%d', $keyid,
                           $device->created()) }), '200',
   'another order of parameters');
is(sent({}, body => undef), '200', 'PATCH without a body');
is(sent({ content_digest => content_digest('', 'sha-256') }, body => ''),
   '200', 'a digest of nothing');
is(sent({}, target => '/v1/records?a=%20b&c'), '200', 'a query, covered');
is(sent({}, target => '/v1/records?'), '200', 'an empty one');


# Fields of the request that the signature covers, in any number of lines.

my @fields = ('Content-Type' => 'application/json', 'X-A' => ' 1 ',
              'X-A' => "2\t", 'X-Empty' => '');
my @pairs = map { [@fields[2 * $_, 2 * $_ + 1]] } 0 .. 3;

is(sent({ headers => \@fields, components =>
          [@default, 'content-type', 'x-a', 'x-empty'] },
        headers => [@pairs]), '200', 'fields, joined and trimmed');


# Somebody else's signatures in the same fields.

sub with_foreign
{
    my (@before) = @_;

    return outcome($device->patch({}, headers => [@before]));
}


is(with_foreign(['Signature-Input', $foreign], ['Signature', "cdn=$bytes"]),
   '200', 'a foreign signature');
is(with_foreign(['Signature-Input', $foreign]), '200',
   '... that has no Signature');
is(with_foreign(['Signature-Input', "cdn=();tag=\"cdn\";keyid=\"$keyid\""],
                ['Signature', "cdn=$bytes"]), '200',
   '... with our keyid, but another tag');
is(with_foreign(map { ["Signature-Input", "s$_=()"] } 1 .. 7), '200',
   'seven of them');
is(with_foreign(['Signature-Input', "cdn=(\"\@query-param\";name=\"a\");x"]),
   '200', 'with what we take from nobody');

is(sent({}, method => 'GET', body => undef), '200', 'GET');
is(sent({}, method => 'DELETE', body => undef), '200', 'DELETE');

done_testing();
