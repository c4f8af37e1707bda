#!/usr/bin/perl

# dyndns2: what is refused, in words that clients know and no others, and that
# it changes nothing.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64);
use Test::More;

use SrvRegistrar qw(free_port);
use SrvRegistrar::Dyndns2;

my $t = SrvRegistrar->new();

my $plain = free_port($t->{address});

$t->configure(
    server  => SrvRegistrar::Dyndns2->LOCATION,
    zone    => 'stated_address off;',
    servers => <<"END",
server {
    listen %%ADDRESS%%:$plain;
    location / { srv_registrar dyndns2; }
}
END
);
$t->start(dnsd => 1);

my $device = $t->device('device');
my $other = $t->device('other');

$_->enroll() for $device, $other;

my $client = SrvRegistrar::Dyndns2->issue($device);
my $foreign = SrvRegistrar::Dyndns2->issue($other);
my $fqdn = $device->fqdn();

my @a = (source => '127.0.0.1');

is($client->update(undef, @a), '200 good 127.0.0.1', 'an address');
is($client->update(undef, @a, user => uc($fqdn)), '200 nochg 127.0.0.1',
   'the name in capitals is the name');

my $serial = $t->serial();
my $txn = $t->store_check()->{txn};


# Who is not let in.

my $reply = $client->request('/nic/update', undef, password => 'x');

is($reply->{status}, 401, 'a wrong password');
is($reply->{headers}{'www-authenticate'}, 'Basic realm="dyndns2"',
   '... is asked for');
is($reply->{headers}{'content-type'}, 'text/plain', '... in text');
is($reply->{body}, "badauth\n", '... and nothing else');

my @badauth = (
    ['the empty password', password => ''],
    ['one byte less', password => substr($client->{password}, 0, 39)],
    ['one byte more', password => "$client->{password}A"],
    ['another\'s password', password => $foreign->{password}],
    ['the password in another case', password => uc($client->{password})],
    ['another\'s name', user => $other->fqdn()],
    ['a name that is not there', user => '0' x 32 . '.devices.example'],
    ['a name of another zone', user => $fqdn =~ s/devices/gadgets/r],
    ['a static name', user => 'www.devices.example'],
    ['the zone', user => 'devices.example'],
    ['the label alone', user => $fqdn =~ s/\..*//r],
    ['a name below', user => "x.$fqdn"],
    ['no name', user => ''],
    ['a long name', user => 'a.' x 400 . $fqdn],
    ['bytes', user => "\xff\0%\r"],
);

for (@badauth) {
    my ($name, @args) = @$_;
    is($client->update(undef, @a, @args), '401 badauth', $name);
}

for my $value (undef, 'Basic', 'Basic !', 'Bearer x',
    'Basic ' . encode_base64($fqdn, ''))
{
    my $got = $t->request('GET', '/nic/update', @a,
        headers => [['Authorization', $value]]);
    is("$got->{status} $got->{body}", "401 badauth\n",
       'Authorization: ' . ($value // 'none'));
}


# Hosts.  A name in a reply could be taken for one of the words.

my @hosts = (
    ['goodhouse.example', 'nohost'],
    [$other->fqdn(), 'nohost'],
    ["x.$fqdn", 'nohost'],
    ['good', 'notfqdn'],
    ['', 'notfqdn'],
    [join(',', ($fqdn) x 21), 'numhost'],
);

for (@hosts) {
    my ($host, $word) = @$_;
    is($client->update("hostname=$host", @a), "200 $word",
       length($host) < 80 ? "hostname \"$host\"" : 'too many');
    is($client->delete("hostname=$host", @a), "200 $word", '... delete');
}


# Addresses.

my @addresses = (
    ['127.0.0.2', 'dnserr', 'not the source'],
    ['8.8.8.8', 'dnserr', 'somebody else\'s'],
    ['2600::1', 'dnserr', 'of the other family, which is off'],
    ['x', 'dnserr', 'no address'],
    ['<ipaddr>', 'dnserr', 'a router that left the placeholder'],
    ['127.0.0.1%00', 'dnserr', 'a NUL'],
    ['127.0.0.1,127.0.0.2', 'numhost', 'two'],
    ['127.0.0.1&myip=127.0.0.1', 'dnserr', 'said twice'],
    ['2600::/64', 'dnserr', 'a prefix of nothing'],
);

for (@addresses) {
    my ($myip, $word, $name) = @$_;
    is($client->update("myip=$myip", @a), "200 $word", $name);
}

is($client->update("hostname=x,$fqdn,y.z&myip=8.8.8.8", @a),
   '200 notfqdn dnserr nohost', 'a line for each host');


# Forms.

$reply = $client->request('/nic/update', undef, @a, method => 'POST',
    body => '');
is("$reply->{status} $reply->{body}", "405 badagent\n", 'POST');
like($reply->{headers}{allow}, qr/^GET/, '... is told what is allowed');
is($client->request('/nic/update', undef, @a, method => 'HEAD')->{status},
   405, 'HEAD would change something');
is($client->call('/nic/', undef, @a), '404 nohost', 'another path');
is($client->call('/nic/updates', undef, @a), '404 nohost', 'and another');
is($client->update(undef, @a, body => 'x' x 20000), '413 badagent', 'a body');

is(plain('/nic/update'), "403 badauth\n", 'no password goes without TLS');
like(plain('/checkip'), qr/^200 .*127\.0\.0\.\d/s, 'an address does');

is($t->serial(), $serial, 'all that changed nothing');
is($t->store_check()->{txn}, $txn, '... and cost no commit');
is($client->published(), '127.0.0.1', '... and the address is there');


# The operator.

set_state('suspend');
is($client->update(undef, @a), '403 abuse', 'suspended');
is($client->update(undef, @a, password => 'x'), '401 badauth',
   '... which only the device is told');
set_state('resume');
is($client->update(undef, @a), '200 nochg 127.0.0.1', 'active again');


# A password that was rotated, and a device that enrols again.

is($device->enroll()->{status}, 200, 'enrolled again');
is($client->update(undef, @a), '200 nochg 127.0.0.1', 'the password stays');

$device->signed('POST', '/v1/credentials', { rotate => ['dyndns2'] });
is($client->update(undef, @a), '401 badauth', 'rotated: no more');

my $next = SrvRegistrar::Dyndns2->issue($device);

isnt($next->{password}, $client->{password}, 'another password');
is($next->update(undef, @a), '200 nochg 127.0.0.1', 'which is good');


for my $log ('error.log', 'access.log') {
    unlike($t->read($log), qr/\Q$_->{password}\E/, "no password in $log")
        for $client, $next;
}


# The store is not there.

rename($t->path('store'), $t->path('away')) or die("rename: $!");
$t->reload_all();

$reply = $next->request('/nic/update', undef, @a);
is("$reply->{status} $reply->{body}", "503 911\n", 'no store');
like($reply->{headers}{'retry-after'}, qr/^[1-9]\d*$/, '... for a while');

done_testing();


sub set_state
{
    my ($state) = @_;

    is($t->srvctl($state, $fqdn), '', $state);
}


sub plain
{
    my ($target) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => $t->{address},
        PeerPort => $plain, LocalAddr => '127.0.0.1') or return 'no';
    my $basic = encode_base64("$client->{username}:$client->{password}", '');

    print $socket
        "GET $target HTTP/1.0\r\nAuthorization: Basic $basic\r\n\r\n";

    my $answer = $t->{client}->reply($socket);

    return "$answer->{status} $answer->{body}";
}
