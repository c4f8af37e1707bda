#!/usr/bin/perl

# Mistakes in nginx.conf: `nginx -t` finds each, says what and where, and
# never makes a store.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use SrvRegistrar;

my $t = SrvRegistrar->new();
my $conf = $t->path('nginx.conf');

rmdir($t->path('store')) or die;


# The configuration with slots filled, and then changed by the code: nginx's
# exit status and words.

sub check
{
    my ($slots, $change) = @_;

    $t->{slots} = {};
    $t->configure(%$slots);

    if ($change) {
        local $_ = $t->read('nginx.conf');
        $change->();
        $t->write('nginx.conf', $_);
    }

    return $t->check_configuration();
}


my ($status, $said) = check({});

is($status, 0, 'a good configuration') or diag($said);
like($said, qr/test is successful/, '... as nginx says');


# What is put where, and what is said about it.

my @mistakes = (
    [zone => 'file again.zone;', qr/"file" of "srv_registrar_zone" is dupl/],
    [zone => 'ttl 0;', qr/invalid value "0" in "ttl": it must be a time/],
    [zone => 'ttl x;', qr/invalid value "x" in "ttl"/],
    [zone => 'ttl 1s 2s;', qr/invalid number of arguments in "ttl"/],
    [zone => 'lease 1s 2s;', qr/invalid number of arguments in "lease"/],
    [zone => 'lease 10s 5s 20s;', qr/"5s" in "lease": .*least <= default/],
    [zone => 'lease 1s 30s 20s;', qr/"20s" in "lease": .*default <= most/],
    [zone => 'reserve 0;', qr/invalid value "0" in "reserve"/],
    [zone => 'challenge_lease 0;', qr/invalid value "0" in "challenge_lease"/],
    [zone => 'dyndns2_lease x;', qr/invalid value "x" in "dyndns2_lease"/],
    [zone => 'stated_address no;', qr/in "stated_address": .*"on" or "off"/],
    [enroll => 'srv_registrar_acme_dns_register on;',
     qr/invalid value "on"/],
    [zone => 'service xmpp._tcp;', qr/"xmpp._tcp" in "service": .*_proto/],
    [zone => 'service _xmpp;', qr/invalid value "_xmpp" in "service"/],
    [zone => 'service _a._b._c;', qr/invalid value "_a._b._c"/],
    [zone => 'type NS;', qr/invalid value "NS" in "type": it must be SRV/],
    [zone => 'type;', qr/invalid number of arguments in "type"/],
    [zone => 'allow_address 300.0.0.0/8;', qr/invalid value "300.0.0.0\/8"/],
    [zone => 'allow_address 10.0.0.0/33;', qr/invalid value "10.0.0.0\/33"/],
    [zone => 'allow_address 10.0.0.1/8;', qr/without bits beyond its length/],
    [zone => 'max_rrsets 0;', qr/"0" in "max_rrsets".* must be 1 to 1024/],
    [zone => 'max_rrs 256;', qr/"256" in "max_rrs".* must be 1 to 255/],
    [zone => 'max_bytes 9000;', qr/"9000" in "max_bytes".* must be 1 to/],
    [zone => 'colour red;', qr/unknown parameter "colour"/],
    [http => 'srv_registrar_zone a..b { file x; }', qr/"a..b" in .*domain name/],
    [http => 'srv_registrar_zone . { file x; }', qr/"\." in .*a domain name/],
    [http => 'srv_registrar_zone devices.example { file x; }',
     qr/is, or lies above or below, the zone "devices.example"/],
    [http => 'srv_registrar_zone DEVICES.example. { file x; }',
     qr/is, or lies above or below, the zone/],
    [http => 'srv_registrar_zone a.devices.example { file x; }',
     qr/is, or lies above or below, the zone/],
    [http => 'srv_registrar_zone example { file x; }',
     qr/is, or lies above or below, the zone/],
    [http => 'srv_registrar_zone other.example { }',
     qr/"other.example" has no "file"/],
    [http => 'srv_registrar_zone other.example { file none.zone; }',
     qr/file ".*none.zone": .*none.zone: No such file/],
    [http => 'srv_registrar_store /tmp;', qr/"srv_registrar_store".* duplicate/],
    [http => 'srv_registrar_map_size 4k;',
     qr/"srv_registrar_map_size" 4096 is below 1m/],
    [http => 'srv_registrar_queue 0;', qr/between 1 and 1000000/],
    [http => 'srv_registrar_sweep 10ms;', qr/"10ms" in "srv_registrar_sweep"/],
    [http => 'srv_registrar_thread_pool none;', qr/unknown thread pool "none"/],
    [server => 'srv_registrar_store /tmp;', qr/"srv_registrar_store".*not allowed/],
    [server => 'srv_registrar records;', qr/"srv_registrar".*not allowed/],
    [enroll => 'srv_registrar records;', qr/"srv_registrar".* is duplicate/],
    [enroll => 'srv_registrar_reenroll never;', qr/invalid value "never"/],
    [enroll => 'srv_registrar_pending_key 0;',
     qr/"srv_registrar_pending_key" directive must not be zero/],
    [enroll => 'srv_registrar_pending_key x;', qr/"srv_registrar_pending_key"/],
    [enroll => 'srv_registrar_identity fleet;', qr/invalid number of arguments/],
    [enroll => 'srv_registrar_identity "" $arg_a;', qr/invalid name space ""/],
    [enroll => 'srv_registrar_identity $arg_a $arg_b;', qr/name space "\$arg_a"/],
    [enroll => 'srv_registrar_identity a $none_such;', qr/unknown "none_such"/],
    [enroll => 'srv_registrar_label $none_such;', qr/unknown "none_such"/],
    [enroll => 'srv_registrar_enroll_limit 0;', qr/invalid interval "0"/],
    [enroll => 'srv_registrar_enroll_limit 1m burst=0;', qr/parameter "burst=0"/],
    [enroll => 'srv_registrar_enroll_limit off burst=1;', qr/takes only "off"/],
    [server => 'location /x { srv_registrar enrol; }', qr/value "enrol".*"enroll"/],
    [server => 'location /x { srv_registrar; }', qr/invalid number of arguments/],
    [server => 'location /x { srv_registrar enroll zone=none.example; }',
     qr/names the unknown zone "none.example"/],
    [server => 'location /x { srv_registrar enroll none.example; }',
     qr/invalid parameter "none.example"/],
    [server => 'location /x { srv_registrar admin zone=devices.example; }',
     qr/invalid parameter "zone=devices.example"/],
);

for (@mistakes) {
    my ($slot, $line, $expected) = @$_;

    ($status, $said) = check({ $slot => $line });

    isnt($status, 0, $line);
    like($said, $expected, '... says why');

    # A variable that nobody defines is nginx's own to miss, when all has been
    # read.  A block has its closing brace for a place, once it was read.
    like($t->line_named($said), $line =~ /\}$/ ? qr/\}/ : qr/^\s*\Q$line\E$/,
        '... and where') if $line !~ /none_such/;
}


# What can hardly be meant, and may come right without another word.

my $plain = "server { listen unix:$t->{dir}/plain; location / { "
    . 'srv_registrar enroll; srv_registrar_acme_dns_register certificate; } }';
my @warnings = (
    ['no directory for the store', {}, sub {},
     qr/"\Q$t->{dir}\E\/store" cannot be found.* in \Q$conf\E:\d+ \(2: No/],
    ['a file in its place', {}, sub { s/(srv_registrar_store ).*/$1$conf;/ },
     qr/"\Q$conf\E" is not a directory.* in \Q$conf\E:\d+/],
    ['an enrolment without certificates', { http => $plain }, sub {},
     qr/"srv_registrar enroll" is in a server without.* in \Q$conf\E:\d+/],
    ['so of acme-dns', { http => $plain =~ s/enroll/acme_dns/r }, sub {},
     qr/"srv_registrar acme_dns" is in a server without/],
);

for (@warnings) {
    my ($what, $slots, $change, $expected) = @$_;

    ($status, $said) = check($slots, $change);

    is($status, 0, $what) or diag($said);
    like($said, qr/\[warn\].*$expected/, '... is told of');
}

SKIP: {
    skip('only root has workers of another user', 3) if $> != 0;

    my $user = sub { s/user root/user nobody nogroup/ };

    mkdir($t->path('store'), 0755) or die;
    ($status, $said) = check({}, $user);
    is($status, 0, 'a store of root\'s');
    like($said, qr/\[warn\].*cannot be written by the workers' user/,
        '... which the workers cannot write');
    chown((getpwnam('nobody'))[2], -1, $t->path('store')) or die;
    unlike((check({}, $user))[1], qr/\[warn\]/, '... or can');
    rmdir($t->path('store')) or die;
}


# What is missing, and the line of what needs it.

my $zone = qr/srv_registrar_zone devices.example \{/;
my $door = qr/srv_registrar (?:enroll|records);/;
my @missing = (
    ['no store', sub { s/srv_registrar_store .*// },
     qr/"srv_registrar_zone" needs "srv_registrar_store"/, $zone],
    ['no secrets', sub { s/srv_registrar_secrets .*// },
     qr/needs "srv_registrar_secrets"/, $door],
    ['no thread pool', sub { s/thread_pool .*// },
     qr/unknown thread pool "srv_registrar"/, $zone],
    ['no zone', sub { s/srv_registrar_zone .*?\n    \}//s },
     qr/needs an "srv_registrar_zone"/, $door],
    ['no zone file', sub { s/file .*// },
     qr/"devices.example" has no "file"/, qr/^    \}$/],
    ['two zones and no zone=', sub {
        s/(srv_registrar_zone )(devices.example)/$1other.example {
            file $t->{dir}\/other.zone; }\n$1$2/
     }, qr/needs "zone=" where there are several zones/, $door],
);

(my $other = $t->ZONE) =~ s/devices/other/;
$t->write('other.zone', $other);

for (@missing) {
    ($status, $said) = check({}, $_->[1]);

    isnt($status, 0, $_->[0]);
    like($said, $_->[2], '... as nginx says');
    like($t->line_named($said), $_->[3], '... and where');
}


# The secrets file.

my ($name, $key) = ('name ' . '11' x 32, 'key 1 ' . '22' x 32);
my @secrets = (
    ['', qr/there is no name secret/],
    ["$name\n", qr/there is no key secret/],
    ["$key\n", qr/there is no name secret/],
    ["$name\n$name\n$key\n", qr/line 2: a second name secret/],
    ["$name\n$key\n$key\n", qr/line 3: a second key secret/],
    ["$name\nkey 0 " . '22' x 32, qr/line 2: the number of a key secret/],
    ["$name\nkey 1 " . '22' x 31, qr/line 2: the secret must have 64 hex/],
    ["$name\n# no key\nsecret\n", qr/line 3: must be "name/],
);

for (@secrets) {
    $t->write('secrets', $_->[0]);
    ($status, $said) = check({});

    isnt($status, 0, 'secrets: ' . ($_->[0] =~ /^([^\n]{0,8})/)[0]);
    like($said, $_->[1], '... says why');
    unlike($said, qr/(?:11|22){8}/, '... and not what they are');
}

$t->write('secrets', "$name\n$key\n");
chmod(0644, $t->path('secrets'));
($status, $said) = check({});
isnt($status, 0, 'secrets that all can read');
like($said, qr/is open to others \(mode 0644\)/, '... as nginx says');
chmod(0640, $t->path('secrets'));
is((check({}))[0], 0, 'that a group can read');
unlink($t->path('secrets'));
($status, $said) = check({});
like($said, qr/open ".*secrets" failed .*No such file/, 'no such file');

ok(!-e $t->path('store'), 'and nobody made a store');
$t->allow_log(qr/./);

done_testing();
