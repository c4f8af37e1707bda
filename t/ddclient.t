#!/usr/bin/perl

# Debian's ddclient, as it comes: over IPv4 and IPv6, for one address and for
# the other; what it says when nothing changed, when it is refused and when it
# asks too often.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::IP;
use Test::More;

use SrvRegistrar qw(program);
use SrvRegistrar::Dyndns2;

my $ddclient = program('ddclient') or plan(skip_all => 'no ddclient');
my $probe = IO::Socket::IP->new(LocalHost => '::1', Listen => 1)
    or plan(skip_all => 'no IPv6 on this machine');
my $port6 = $probe->sockport();

close($probe);

my $t = SrvRegistrar->new();

$t->{certificates}->certificate('server', ca => 'server-ca',
    ext => ["subjectAltName=IP:$t->{address},IP:::1"]);

$t->configure(
    http   => 'limit_req_zone $binary_remote_addr zone=abuse:1m rate=1r/m;',
    server => <<"END" . SrvRegistrar::Dyndns2->LOCATION,
listen [::1]:$port6 ssl;
location /v1.0/ { srv_registrar dyndns2; }
location = /throttled/update {
    srv_registrar dyndns2;
    limit_req zone=abuse;
    limit_req_status 429;
    error_page 429 = \@abuse;
}
location \@abuse { default_type text/plain; return 429 "abuse\\n"; }
END
);
$t->start(dnsd => 1);

my $device = $t->device('device');

$device->enroll();

my $client = SrvRegistrar::Dyndns2->issue($device);
my $fqdn = $device->fqdn();
my $v4 = "$t->{address}:$t->{port}";
# A dot, or ddclient takes it for no server.
my $v6 = "[::1]:$port6/v1.0";
my $count = 0;


# One run with an empty memory; what ddclient said.  Its source is loopback's
# first address, whatever it connects to.

sub ddclient
{
    my ($server, $use, %args) = @_;

    my $name = 'ddclient' . $count++;
    my $password = $args{password} // $client->{password};
    my $script = $args{script} // '/nic/update';

    $t->write("$name.conf", <<"END");
ssl=yes
ssl_ca_file=@{[ $t->path('server-ca.pem') ]}
cache=@{[ $t->path("$name.cache") ]}
$use
protocol=dyndns2
server=$server
script=$script
login=$fqdn
password='$password'
$fqdn
END
    chmod(0600, $t->path("$name.conf"));

    return SrvRegistrar::run($ddclient, '-daemon=0', '-verbose', '-noquiet',
        '-file', $t->path("$name.conf"));
}


my $web = "use=web, web=https://$v4/checkip, ssl_ca_file="
    . $t->path('server-ca.pem');

my $said = ddclient($v4, $web);

like($said, qr/SUCCESS:.*good: IP address set to ([\d.]+)/,
     'IPv4, by our checkip');
my ($source) = $said =~ /IP address set to ([\d.]+)/;
is($client->published(), $source, '... is published');

$said = ddclient($v4, $web);
like($said, qr/WARNING:.*nochg: No update required/, 'nochg');
is($client->published(), $source, '... and it is there');

$said = ddclient($v6, 'use=ip, ip=::1');
like($said, qr/SUCCESS:.*good: IP address set to ::1/, 'IPv6');
is($client->published(), "$source ::1", '... is published too');

$said = ddclient($v6, 'usev6=ipv6, ipv6=::1');
like($said, qr/(?:WARNING|SUCCESS).*(?:nochg|good)/,
     'a version that knows only IPv4 for this, and sends no address');
is($client->published(), "$source ::1", '... harms nothing');

# Debian's version sends one address; its script may carry the other.
$said = ddclient($v4, $web, script => '/nic/update?myipv6=2600::1&');
like($said, qr/SUCCESS:.*good/, 'both in one call');
is($client->published(), "$source 2600::1", '... are published');


# Refusals.

my $before = $client->published();

$said = ddclient($v4, 'use=ip, ip=8.8.8.8');
like($said, qr/FAILED:.*dnserr/, 'somebody else\'s address: refused');

$said = ddclient($v4, $web, password => 'x' x 40);
like($said, qr/FAILED:.*(?:badauth|401|authoriz)/i, 'a wrong password');

ddclient($v4, $web, script => '/throttled/update');
$said = ddclient($v4, $web, script => '/throttled/update');
like($said, qr/RECEIVE:\s+HTTP\/1\.1 429.*RECEIVE:\s+abuse$/ms, 'too often');
unlike($said, qr/SUCCESS:/, '... and it takes that for no success');
unlike($t->read('ddclient' . ($count - 1) . '.cache'), qr/status=good/,
       '... nor remembers it as one');

is($client->published(), $before, 'none of it changed anything');

done_testing();
