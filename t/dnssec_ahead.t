#!/usr/bin/perl

# What is served now is still good in ten days: to a validator whose clock
# stands there, as a secondary would show it that has heard nothing since, and
# to one that is nearly an hour behind; but not for ever.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use POSIX qw(strftime);

use SrvRegistrar;
use SrvRegistrar::Unbound;

my $missing = SrvRegistrar::Unbound->missing();

plan(skip_all => $missing) if defined($missing);

my $t = SrvRegistrar->new(dnssec => 13, zone_text => <<'END');
$ORIGIN devices.example.
$TTL 300
@      SOA    ns hostmaster 1 7200 900 1209600 60
       NS     ns
ns     A      192.0.2.53
alias  CNAME  ns
END

$t->start(dnsd => 1);

my $device = $t->device('tv');

$device->enroll();
$device->put({ services =>
    [{ service => '_xmpp-server._tcp', port => 15269 }] });

my $fqdn = $device->fqdn;
my @questions = (
    ['an SRV record',             "_xmpp-server._tcp.$fqdn SRV"],
    ['an address',                "$fqdn A"],
    ['a type that is not there',  "$fqdn AAAA"],
    ['a name between others',     "_tcp.$fqdn A"],
    ['a name below a device',     "absent.$fqdn A"],
    ['a name that is not there',  'absent.devices.example A'],
    ['the apex',                  'devices.example SOA'],
    ['the keys',                  'devices.example DNSKEY'],
    ['a static name',             'ns.devices.example A'],
    ['an alias',                  'alias.devices.example A'],
);

for my $when (['now', 0, 1], ['in ten days', 10 * 86400, 1],
    ['by a clock that is late', -55 * 60, 1],
    ['in a hundred days', 100 * 86400, 0])
{
    my ($label, $ahead, $good) = @$when;
    my $resolver = validator($ahead);

    for my $question (@questions) {
        my ($what, $asked) = @$question;
        my $reply = $resolver->query(split(/ /, $asked));

        is($reply->header->ad ? 'good' : $reply->header->rcode,
            $good ? 'good' : 'SERVFAIL', "$what, $label");
    }

    $resolver->stop();
}

done_testing();


# One whose clock is that many seconds ahead.

sub validator
{
    my ($ahead) = @_;

    my $dir = $t->path("unbound$ahead");

    mkdir($dir) or die("$dir: $!");

    return SrvRegistrar::Unbound->new(
        dir     => $dir,
        address => $t->{address},
        stubs   => { 'devices.example' => [$t->{address}, $t->{dns_port}] },
        options => [
            'module-config: "validator iterator"',
            'trust-anchor: "' . $t->{keys}->dnskey('ksk') . '"',
            'val-override-date: "'
                . strftime('%Y%m%d%H%M%S', gmtime(time() + $ahead)) . '"',
        ],
    )->start();
}
