#!/usr/bin/perl

# What acme-dns refuses, in its own words, and that it changes nothing.  A
# wrong user, key or subdomain are one answer, so that nobody can find out
# which devices there are.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use Test::More;

use SrvRegistrar qw(free_port);
use SrvRegistrar::AcmeDns qw(challenge);

my $t = SrvRegistrar->new();
my $location = SrvRegistrar::AcmeDns->LOCATION;

my $plain = free_port($t->{address});

$t->configure(server => $location, servers => <<"END");
    server {
        listen %%ADDRESS%%:$plain;
        $location
    }
END
$t->start(dnsd => 1);

my ($device, $other, $without) = map { $t->device($_) } qw(one two three);

$_->enroll() for $device, $other, $without;

my $client = SrvRegistrar::AcmeDns->issue($device);
my $stranger = SrvRegistrar::AcmeDns->issue($other);
my $bare = $without->fqdn() =~ s/\..*//r;

my $value = challenge('right');
my $forbidden = '401 {"error": "forbidden"}';
my $bad_txt = '400 {"error": "bad_txt"}';

is(said($client->update($value)), qq(200 {"txt": "$value"}), 'a right one');

my $subdomain = $client->{subdomain};

# what, txt, arguments of the client, reply
my @cases = (
    ['no user', 'x', { user => undef }, $forbidden],
    ['an empty user', 'x', { user => '' }, $forbidden],
    ['a user that is no UUID', 'x', { user => 'me' }, $forbidden],
    ['somebody else\'s user', 'x', { user => $stranger->{username} },
     $forbidden],
    ['two users', 'x', { headers => [['X-Api-User', $client->{username}]] },
     $forbidden],
    ['no key', 'x', { key => undef }, $forbidden],
    ['a short key', 'x', { key => substr($client->{password}, 1) },
     $forbidden],
    ['a wrong key', 'x', { key => 'x' x 40 }, $forbidden],
    ['a key with other letters', 'x', { key => '+' x 40 }, $forbidden],
    ['a key in another case', 'x', { key => swapped($client->{password}) },
     $forbidden],
    ['somebody else\'s key', 'x', { key => $stranger->{password} },
     $forbidden],
    ['somebody else\'s subdomain', 'x',
     { subdomain => $stranger->{subdomain} }, $forbidden],
    ['a device without a credential', 'x', { subdomain => $bare },
     $forbidden],
    ['nobody\'s subdomain', 'x', { subdomain => 'f' x 32 }, $forbidden],
    ['a name of the zone', 'x', { subdomain => 'www' }, $forbidden],
    ['a subdomain in capitals', $value, { subdomain => uc($subdomain) },
     $forbidden],
    ['a subdomain with a dot', 'x', { subdomain => "a.$subdomain" },
     $forbidden],
    ['a subdomain that is no label', 'x', { subdomain => '*' }, $forbidden],
    ['a subdomain that is too long', 'x', { subdomain => 'a' x 300 },
     $forbidden],
    ['no subdomain', 'x', { body => qq({"txt": "$value"}) }, $forbidden],
    ['no JSON', 'x', { body => "subdomain=$subdomain&txt=$value" },
     $forbidden],
    ['half of it', 'x', { body => qq({"subdomain": "$subdomain") },
     $forbidden],
    ['a list', 'x', { body => '[]' }, $forbidden],
    ['no body', 'x', { body => undef }, $forbidden],
    ['a member twice', 'x',
     { body => qq({"subdomain": "$subdomain", "txt": "$value",)
             . qq( "TXT": "$value"}) }, $forbidden],
    ['a body that is too large', 'x', { body => ' ' x 70_000 }, $forbidden],

    ['an empty txt', '', {}, $bad_txt],
    ['no txt', '', { body => qq({"subdomain": "$subdomain"}) }, $bad_txt],
    ['a short one', substr($value, 1), {}, $bad_txt],
    ['a long one', $value . 'x', {}, $bad_txt],
    ['one with other letters', substr($value, 1) . '=', {}, $bad_txt],
    ['one with a space', substr($value, 1) . ' ', {}, $bad_txt],
    ['a short one and a wrong key', 'x', { key => 'x' x 40 }, $forbidden],
);

my $before = $t->store_check()->{txn};
my $serial = $t->serial();

for (@cases) {
    my ($what, $txt, $arguments, $expected) = @$_;

    $txt = challenge('wrong') if $txt eq 'x' && $what !~ /^a short one/;
    is(said($client->update($txt, %$arguments)), $expected, $what);
}

is(plain_http(), $forbidden, 'over plain HTTP');

is($t->store_check()->{txn}, $before, 'none of it was a commit');
is($t->serial(), $serial, 'the serial stands');
is($client->published(), $value, 'what was published still is');
unlike($t->read('error.log'), qr/\Q$client->{password}/,
    'the log has no password');

subtest 'a suspended device' => sub {
    state('suspend');
    is(said($client->update(challenge('new'))), $forbidden, 'is refused');
    state('resume');
    is($client->update(challenge('new'))->{status}, 200, 'until it is not');
};

subtest 'a secret that this worker lacks' => sub {
    $t->write('secrets', 'name ' . '11' x 32 . "\nkey 2 " . '33' x 32 . "\n");
    ok($t->reload_all(), 'taken away');
    is(said($client->update($value)), '500 {"error": "db_error"}',
        'is no fault of the client\'s');
};

done_testing();


sub said
{
    my ($reply) = @_;

    return $reply ? "$reply->{status} $reply->{body}" : 'no reply';
}


sub swapped { return $_[0] =~ tr/a-zA-Z/A-Za-z/r }


sub plain_http
{
    my $socket = IO::Socket::INET->new(PeerAddr => $t->{address},
        PeerPort => $plain) or die($!);
    my $body = qq({"subdomain": "$subdomain", "txt": "$value"});

    print $socket $t->{client}->bytes('POST', '/update', body => $body,
        headers => [['X-Api-User', $client->{username}],
                    ['X-Api-Key', $client->{password}]]);

    return said($t->{client}->reply($socket));
}


sub state
{
    my ($state) = @_;

    is($t->srvctl($state, "$subdomain.$t->{zone}"), '', $state);
}
